// The horizontal axis: which stretch of time a scale shows, where a moment lies, what a drag snaps to.
import { DAY, HOUR, MINUTE, MONTHS } from "./zone.js";

// `slot`: what the arrow keys step over; `snap`: what new edges snap to; `step`: what a moved bar steps by;
// `least`: pixels per tick below which the axis scrolls instead of shrinking.
export const SCALES = {
  day: { slot: HOUR, snap: 15 * MINUTE, step: 15 * MINUTE, least: 44, tick: HOUR },
  week: { slot: 6 * HOUR, snap: HOUR, step: HOUR, least: 110, tick: DAY },
  month: { slot: DAY, snap: 6 * HOUR, step: DAY, least: 27, tick: DAY },
  quarter: { slot: DAY, snap: DAY, step: DAY, least: 9, tick: DAY },
};

export class Scale {
  constructor(zone, name, moment) {
    this.zone = zone;
    this.name = name;
    Object.assign(this, SCALES[name]);
    [this.start, this.end] = this.#range(moment);
    this.width = 0;
  }

  #range(moment, shift = 0) {
    const { year, month, day, weekday } = this.zone.parts(moment);
    const at = (...values) => this.zone.instant(...values);
    if (this.name === "day") return [at(year, month, day + shift), at(year, month, day + shift + 1)];
    if (this.name === "week") {
      const monday = day - ((weekday + 6) % 7) + 7 * shift;
      return [at(year, month, monday), at(year, month, monday + 7)];
    }
    const length = this.name === "month" ? 1 : 3;
    const first = month - (month % length) + length * shift;
    return [at(year, first, 1), at(year, first + length, 1)];
  }

  // The same scale before (-1) or after (1) this one.
  beside(steps) {
    return new Scale(this.zone, this.name, this.#range(this.start, steps)[0]);
  }

  get title() {
    const first = this.zone.parts(this.start);
    const last = this.zone.parts(this.end - 1);
    if (this.name === "day") return this.zone.day(this.start);
    if (this.name === "week") return `${first.day} ${MONTHS[first.month]} – ${last.day} ${MONTHS[last.month]} ${last.year}`;
    if (this.name === "month") return `${MONTHS[first.month]} ${first.year}`;
    return `${MONTHS[first.month]} – ${MONTHS[last.month]} ${last.year}`;
  }

  // Fit the room there is, but never below what can be read.
  fit(room) {
    const ticks = Math.round((this.end - this.start) / this.tick);
    this.width = Math.max(Math.floor(room), ticks * this.least);
  }

  x(moment) {
    return ((Math.min(Math.max(moment, this.start), this.end) - this.start) / (this.end - this.start)) * this.width;
  }

  moment(x) {
    return this.start + (x / this.width) * (this.end - this.start);
  }

  snapped(moment, by = this.snap) {
    const day = this.zone.dayStart(moment);
    return by === DAY ? day : day + Math.round((moment - day) / by) * by;
  }

  // A moved bar keeps its wall time where it moves by whole days.
  shifted(moment, distance) {
    const steps = Math.round(distance / this.step);
    return this.step === DAY ? this.zone.addDays(moment, steps) : moment + steps * this.step;
  }

  // Where the slots of the arrow keys begin.
  slots() {
    const found = [];
    for (const tick of this.ticks()) {
      for (let at = tick.start; at < tick.end; at += this.slot) found.push(at);
    }
    return found;
  }

  slotEnd(slots, index) {
    return slots[index + 1] ?? this.end;
  }

  // `{start, end, label, weak, group}`: days, or hours of a day; a group begins a month or a day above them.
  ticks() {
    const found = [];
    if (this.name === "day") {
      for (let at = this.start; at < this.end; at += HOUR) {
        const first = at === this.start;
        found.push({ start: at, end: at + HOUR, label: this.zone.time(at), group: first ? this.zone.day(at) : "", weak: false });
      }
      return found;
    }
    for (let at = this.start; at < this.end;) {
      const next = this.zone.addDays(at, 1);
      const { day, month, year, weekday } = this.zone.parts(at);
      const name = this.name === "week" ? this.zone.day(at).split(" ").slice(0, 3).join(" ") : String(day);
      const shown = this.name !== "quarter" || weekday === 1;
      const group = at === this.start || day === 1 ? `${MONTHS[month]} ${year}` : "";
      found.push({ start: at, end: next, label: shown ? name : "", group, weak: weekday === 0 || weekday === 6 });
      at = next;
    }
    return found;
  }
}
