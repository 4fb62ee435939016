// Time on the clock of a zone: days begin at its midnight, also when the clocks change. Moments are milliseconds.
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
export const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const two = (number) => String(number).padStart(2, "0");

export class Zone {
  #format;

  constructor(name) {
    this.#format = new Intl.DateTimeFormat("en-GB", {
      timeZone: name, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
      hour: "numeric", minute: "numeric", second: "numeric",
    });
  }

  // What the clock on the wall shows; `month` counts from 0, `weekday` from Sunday.
  parts(moment) {
    const found = {};
    for (const { type, value } of this.#format.formatToParts(moment)) found[type] = Number(value);
    found.month -= 1;
    found.weekday = new Date(Date.UTC(found.year, found.month, found.day)).getUTCDay();
    return found;
  }

  #offset(moment) {
    const { year, month, day, hour, minute, second } = this.parts(moment);
    return Date.UTC(year, month, day, hour, minute, second) - Math.floor(moment / 1000) * 1000;
  }

  // The moment of a wall time; days and months beyond their range carry over.
  instant(year, month, day, hour = 0, minute = 0) {
    const wall = Date.UTC(year, month, day, hour, minute);
    const guess = wall - this.#offset(wall);
    return wall - this.#offset(guess);
  }

  dayStart(moment) {
    const { year, month, day } = this.parts(moment);
    return this.instant(year, month, day);
  }

  // The same wall time so many days later.
  addDays(moment, days) {
    const { year, month, day, hour, minute } = this.parts(moment);
    return this.instant(year, month, day + days, hour, minute) + (moment % MINUTE);
  }

  day(moment) {
    const { year, month, day, weekday } = this.parts(moment);
    return `${WEEKDAYS[weekday]} ${day} ${MONTHS[month]} ${year}`;
  }

  time(moment) {
    const { hour, minute } = this.parts(moment);
    return `${two(hour)}:${two(minute)}`;
  }

  iso(moment) {
    const { year, month, day } = this.parts(moment);
    return `${year}-${two(month + 1)}-${two(day)}`;
  }

  between(start, end) {
    const first = this.day(start);
    const last = this.day(end);
    return first === last
      ? `${first}, ${this.time(start)}–${this.time(end)}`
      : `${first}, ${this.time(start)} – ${last}, ${this.time(end)}`;
  }
}
