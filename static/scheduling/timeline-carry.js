// Moving a bar of the timeline by keys: M takes the one under the cursor, again the next; arrows carry it, Enter puts it down.
import { itemOf } from "./timeline-drag.js";
import { made } from "./timeline-rows.js";

export class Carry {
  // `actions`: open(entry), move(item, before, after); `say` tells what is heard.
  constructor(rows, zone, actions, say) {
    Object.assign(this, { rows, zone, actions, say });
    this.ghost = made("div", "bar ghost");
    this.held = null;
  }

  // The next of these entries that may be moved.
  take(entries, index) {
    const movable = entries.filter(({ layer, bar }) => bar.editable && layer !== "due");
    if (!movable.length) {
      this.drop();
      this.say("Nothing here can be moved.");
      return;
    }
    const at = movable.findIndex(({ bar }) => bar.id === this.held?.entry.bar.id);
    const entry = movable[(at + 1) % movable.length];
    const before = { resource: entry.row.id, start: Date.parse(entry.bar.starts_at), end: Date.parse(entry.bar.ends_at) };
    this.held = { entry, index, before, after: before };
    this.draw();
    this.say(`${this.rows.describe(entry.layer, entry.bar)}. Arrow keys move it, Shift with an arrow changes its end, Enter puts it down, Escape leaves it.`);
  }

  // True when the key was for what is held.
  key(event) {
    if (!this.held) return false;
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    if (event.key in steps) this.#carry(...steps[event.key], event.shiftKey);
    else if (event.key === "Enter") this.#put();
    else if (event.key === "Escape") {
      this.drop();
      this.say("Left where it was.");
    } else return false;
    return true;
  }

  #carry(down, right, isEnd) {
    const { scale } = this.rows;
    const { after, entry, index } = this.held;
    const distance = right * scale.step;
    const mayBegin = entry.bar.status !== "in_progress";
    if (isEnd && right) {
      const end = scale.shifted(after.end, distance);
      if (end > after.start) this.held.after = { ...after, end };
    } else if (mayBegin) {
      const target = this.rows.row(index + down);
      if (target) Object.assign(this.held, { index: index + down });
      this.held.after = {
        resource: (target || this.rows.row(index)).id,
        start: scale.shifted(after.start, distance), end: scale.shifted(after.end, distance),
      };
    }
    this.draw();
    const place = this.held.after;
    this.say(`${this.rows.row(this.held.index).name}, ${this.zone.between(place.start, place.end)}`);
  }

  // Put down where it was taken, it is opened.
  #put() {
    const { entry, before, after } = this.held;
    const isSame = ["resource", "start", "end"].every((name) => before[name] === after[name]);
    this.drop();
    if (isSame) this.actions.open(entry);
    else this.actions.move(itemOf(entry), before, after);
  }

  drop() {
    this.held = null;
    this.ghost.remove();
  }

  draw() {
    const row = this.held && this.rows.drawn.get(this.held.index);
    if (!row) {
      this.ghost.remove();
      return;
    }
    const { scale } = this.rows;
    const { start, end } = this.held.after;
    this.ghost.style.left = `${scale.x(start)}px`;
    this.ghost.style.width = `${Math.max(4, scale.x(end) - scale.x(start))}px`;
    row.lastChild.append(this.ghost);
  }
}
