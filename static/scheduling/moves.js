// Moving windows and bookings: which of a series, what is in the way, another slot instead, and back again.
import { DAY, MINUTE } from "./zone.js";

const SEARCHED = 14 * DAY;
const QUARTER = 15 * MINUTE;

const iso = (moment) => new Date(moment).toISOString();

export class Moves {
  constructor(plan, zone) {
    this.plan = plan;
    this.zone = zone;
    this.conflict = document.getElementById("conflict-dialog");
    this.series = document.getElementById("series-dialog");
  }

  // `item`: layer ("windows" or "bookings"), id, recurs, and for windows setup, cleanup, effect.
  // `before` and `after`: resource, start, end. Calls `revert` where it does not stay where it was dragged to.
  async move(item, before, after, revert = () => {}) {
    const scope = item.recurs ? await this.#ask() : "one";
    const answer = scope ? await this.#write(item, before, after, scope) : null;
    if (answer?.ok) {
      this.#moved(item, before, after, scope);
      return;
    }
    revert();
    if (answer?.status === 409 && answer.conflicts.length) this.#refused(item, before, after, scope, answer);
    else if (answer) this.plan.say(answer.detail, null, true);
  }

  // What is in the way of a window that is still being dragged: null while nobody knows.
  async check(item, place) {
    const values = { resource: place.resource, starts_at: iso(place.start), ends_at: iso(place.end) };
    const answer = await this.plan.api("windows/validate", item.id ? { ...values, id: item.id } : values);
    return answer.ok ? answer.found : null;
  }

  #write(item, from, to, scope) {
    const values = {};
    if (to.start !== from.start) values.starts_at = iso(to.start);
    if (to.end !== from.end) values.ends_at = iso(to.end);
    if (to.resource !== from.resource) values.resource = to.resource;
    if (item.recurs) values.scope = scope;
    return this.plan.api(`${item.layer}/${item.id}`, values, "PATCH");
  }

  // Said when it is drawn, so that whoever drags again drags what is stored.
  async #moved(item, before, after, scope) {
    await this.plan.changed();
    this.plan.say(`Moved to ${this.zone.between(after.start, after.end)}.`, async () => {
      const back = await this.#write(item, after, before, scope);
      await this.plan.changed();
      this.plan.say(back.ok ? "Moved back." : back.detail, null, !back.ok);
    });
  }

  #ask() {
    this.series.returnValue = "";
    this.series.showModal();
    return new Promise((answered) => {
      this.series.addEventListener("close", () => answered(this.series.returnValue), { once: true });
    });
  }

  async #refused(item, before, after, scope, answer) {
    const part = (name) => this.conflict.querySelector(`[data-${name}]`);
    const count = answer.conflicts.length;
    part("intro").textContent = `It stays where it was: ${count === 1 ? "one thing is" : `${count} things are`} in the way.`;
    part("collisions").replaceChildren(...answer.conflicts.slice(0, 8).map((row) => this.#collision(row)));
    if (count > 8) part("collisions").append(line(`and ${count - 8} more`, "subtle"));
    part("slots").replaceChildren();
    const isWindow = item.layer === "windows" && !(item.recurs && scope !== "one");
    part("slots-section").hidden = !isWindow;
    part("slots-note").textContent = "Looking for free slots …";
    this.conflict.showModal();
    if (!isWindow) return;
    const slots = await this.#slots(item, after);
    part("slots-note").textContent = slots.length ? "One click takes it." : "There is no free slot in the two weeks after this time.";
    part("slots").replaceChildren(...slots.map((slot) => this.#slot(slot, item, before, scope)));
  }

  #collision(row) {
    const made = line("");
    const sign = document.createElement("span");
    sign.className = "material-symbols-outlined";
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = row.type === "booking" ? "hotel" : "build";
    const text = document.createElement("span");
    text.textContent = `${row.title}, ${row.resource_name}`;
    const when = document.createElement("span");
    when.className = "subtle";
    when.textContent = ` · ${this.zone.between(Date.parse(row.starts_at), Date.parse(row.ends_at))}${row.severity === "soft" ? " · gives way" : ""}`;
    text.append(when);
    made.append(sign, text);
    return made;
  }

  // Slots that displace nobody for certain; the finder ranks them, options last.
  async #slots(item, wanted) {
    const earliest = Math.max(wanted.start, Math.ceil(Date.now() / QUARTER) * QUARTER);
    const answer = await this.plan.api("windows/suggest", {
      resource: wanted.resource,
      duration_minutes: Math.round((wanted.end - wanted.start) / MINUTE),
      earliest: iso(earliest),
      latest: iso(earliest + SEARCHED + (wanted.end - wanted.start)),
      setup_minutes: item.setup || 0,
      cleanup_minutes: item.cleanup || 0,
      effect: item.effect,
    });
    return answer.ok ? answer.found.filter((slot) => slot.bookings === 0) : [];
  }

  #slot(slot, item, before, scope) {
    const place = { resource: slot.resource, start: Date.parse(slot.starts_at), end: Date.parse(slot.ends_at) };
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plan-slot";
    const when = document.createElement("strong");
    when.textContent = this.zone.between(place.start, place.end);
    const why = document.createElement("span");
    why.className = "subtle";
    why.textContent = slot.reasons.join(", ");
    button.append(when, why);
    button.addEventListener("click", async () => {
      this.conflict.close();
      const answer = await this.#write(item, before, place, scope);
      if (answer.ok) this.#moved(item, before, place, scope);
      else this.plan.say(answer.detail, null, true);
    });
    const made = line("");
    made.append(button);
    return made;
  }
}

function line(text, className = "") {
  const made = document.createElement("li");
  made.textContent = text;
  made.className = className;
  return made;
}
