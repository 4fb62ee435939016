// What a pointer does on the timeline: plan by dragging over empty time, move a bar, pull its edges.
import { made } from "./timeline-rows.js";

const EDGE = 7;
const MEANT = 4;
const CHECK_AFTER = 120;

export class Drag {
  // `actions`: open(entry), create(row, start, end), move(item, before, after), check(item, place).
  constructor(grid, rows, zone, actions, hint) {
    Object.assign(this, { grid, rows, zone, actions, hint });
    this.body = grid.querySelector(".timeline-body");
    this.body.addEventListener("pointerdown", (event) => this.#down(event));
    this.body.addEventListener("click", (event) => {
      const bar = event.target.closest(".bar");
      if (bar && !this.wasDrag) actions.open(bar.entry);
    });
  }

  // A finger scrolls and taps; dragging is for mouse and pen.
  #down(event) {
    this.wasDrag = false;
    const track = event.target.closest(".timeline-track");
    if (event.button !== 0 || event.pointerType === "touch" || !track) return;
    const element = event.target.closest(".bar");
    const index = Number(track.parentElement.dataset.index);
    if (!this.rows.row(index)) return;
    const drag = { x: event.clientX, y: event.clientY, track, index, element, began: false };
    if (element) {
      const { bar, layer } = element.entry;
      if (!bar.editable || layer === "due") return;
      const box = element.getBoundingClientRect();
      const edge = Math.min(EDGE, box.width / 4);
      drag.how = event.clientX > box.right - edge ? "end" : event.clientX < box.left + edge ? "start" : "move";
      if (bar.status === "in_progress" && drag.how !== "end") return;
    } else {
      if (!this.actions.mayCreate) return;
      drag.how = "create";
    }
    this.#follow(drag);
  }

  #follow(drag) {
    const move = (event) => {
      if (!drag.began && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < MEANT) return;
      if (!drag.began) this.#begin(drag);
      this.#show(drag, event);
    };
    const stop = (event) => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", stop);
      removeEventListener("pointercancel", stop);
      removeEventListener("keydown", escape);
      if (drag.began) this.#end(drag, event.type === "pointerup");
    };
    const escape = (event) => { if (event.key === "Escape") stop(event); };
    addEventListener("pointermove", move);
    addEventListener("pointerup", stop);
    addEventListener("pointercancel", stop);
    addEventListener("keydown", escape);
  }

  #begin(drag) {
    drag.began = true;
    this.wasDrag = true;
    drag.ghost = made("div", "bar ghost");
    drag.track.append(drag.ghost);
    this.grid.classList.add("dragging");
    if (drag.element) {
      drag.element.classList.add("dragged");
      const { bar } = drag.element.entry;
      drag.before = { resource: this.rows.row(drag.index).id, start: Date.parse(bar.starts_at), end: Date.parse(bar.ends_at) };
    }
  }

  #show(drag, event) {
    const { scale } = this.rows;
    const left = drag.track.getBoundingClientRect().left;
    drag.after = this.#place(drag, event, scale, left);
    const at = drag.after.index ?? drag.index;
    const row = this.rows.drawn.get(at);
    if (row && drag.ghost.parentElement !== row.lastChild) row.lastChild.append(drag.ghost);
    drag.ghost.style.left = `${scale.x(drag.after.start)}px`;
    drag.ghost.style.width = `${Math.max(4, scale.x(drag.after.end) - scale.x(drag.after.start))}px`;
    this.#say(drag, event, "");
    clearTimeout(drag.timer);
    const asked = drag.after;
    drag.timer = setTimeout(async () => {
      const item = drag.element ? itemOf(drag.element.entry) : { layer: "windows" };
      if (item.layer !== "windows") return;
      const found = await this.actions.check(item, asked);
      if (!found || drag.after !== asked || !drag.ghost.isConnected) return;
      drag.ghost.classList.toggle("clash", !found.valid);
      this.#say(drag, event, verdict(found));
    }, CHECK_AFTER);
  }

  #place(drag, event, scale, left) {
    const row = this.rows.row(drag.index);
    const distance = scale.moment(event.clientX - drag.x) - scale.start;
    if (drag.how === "create") {
      const edges = [drag.x, event.clientX].map((x) => scale.moment(Math.min(Math.max(x - left, 0), scale.width))).sort((a, b) => a - b);
      const start = scale.snapped(edges[0] - scale.snap / 2 + 1);
      const end = scale.snapped(edges[1] + scale.snap / 2);
      return { resource: row.id, start, end: end > start ? end : scale.snapped(start + 1.5 * scale.snap) };
    }
    const { start, end, resource } = drag.before;
    if (drag.how === "start") return { resource, start: Math.min(scale.snapped(start + distance), end - scale.snap), end };
    if (drag.how === "end") return { resource, start, end: Math.max(scale.snapped(end + distance), start + scale.snap) };
    const top = this.body.getBoundingClientRect().top;
    const at = Math.floor((event.clientY - top) / this.rows.height);
    const target = this.rows.row(at) || row;
    const index = this.rows.row(at) ? at : drag.index;
    return { resource: target.id, index, start: scale.shifted(start, distance), end: scale.shifted(end, distance) };
  }

  #say(drag, event, text) {
    const { start, end, index } = drag.after;
    const where = index === undefined || index === drag.index ? "" : ` · ${this.rows.row(index).name}`;
    this.hint.textContent = `${this.zone.between(start, end)}${where}${text ? ` · ${text}` : ""}`;
    this.hint.hidden = false;
    const room = document.documentElement.clientWidth - this.hint.offsetWidth - 12;
    this.hint.style.left = `${Math.max(8, Math.min(event.clientX + 14, room))}px`;
    this.hint.style.top = `${event.clientY + 18}px`;
  }

  async #end(drag, isMeant) {
    clearTimeout(drag.timer);
    this.grid.classList.remove("dragging");
    this.hint.hidden = true;
    const { before, after } = drag;
    const isSame = before && before.start === after.start && before.end === after.end && before.resource === after.resource;
    if (isMeant && !isSame) {
      if (drag.how === "create") this.actions.create(after.resource, after.start, after.end);
      else await this.actions.move(itemOf(drag.element.entry), before, after);
    }
    drag.ghost.remove();
    drag.element?.classList.remove("dragged");
  }
}

// What `Moves` has to know of a bar.
export function itemOf({ layer, bar }) {
  const minutes = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 60_000);
  const buffers = layer === "windows"
    ? { setup: minutes(bar.blocked_from, bar.starts_at), cleanup: minutes(bar.ends_at, bar.blocked_to) } : {};
  return { layer, id: bar.id, recurs: bar.recurs, effect: bar.effect, ...buffers };
}

function verdict(found) {
  if (!found.conflicts.length) return "free";
  const named = found.conflicts.slice(0, 2).map((one) => one.title).join(", ");
  const more = found.conflicts.length > 2 ? ` and ${found.conflicts.length - 2} more` : "";
  return `${found.valid ? "options give way" : "in the way"}: ${named}${more}`;
}
