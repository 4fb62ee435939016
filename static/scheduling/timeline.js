// The timeline: resources against time. Keeps scale, day and filters in the address; wires rows, drags, keys, panel.
import { Carry } from "./timeline-carry.js";
import { Drag } from "./timeline-drag.js";
import { Moves } from "./moves.js";
import { Plan, chooseResource, settleFilters } from "./plan.js";
import { Rows, made } from "./timeline-rows.js";
import { SCALES, Scale } from "./timeline-scale.js";
import { Zone } from "./zone.js";

const FILTERS = ["resource", "type", "status", "search"];
const REMEMBERED = "timeline-layers";
const element = document.getElementById("timeline");
if (element) start();

function start() {
  const form = document.getElementById("timeline-filters");
  const grid = document.getElementById("timeline-grid");
  const note = document.getElementById("timeline-note");
  const spoken = document.getElementById("timeline-spoken");
  const clear = document.getElementById("clear-filters");
  const ticks = grid.querySelector(".timeline-ticks");
  const body = grid.querySelector(".timeline-body");
  const zone = new Zone(element.dataset.zone);
  const address = new URLSearchParams(location.search);
  const narrow = matchMedia("(max-width: 640px)").matches;
  const settings = { ...element.dataset };
  const cursor = { row: 0, slot: 0, from: 0, isOn: false };
  const mark = made("div", "timeline-cursor");
  let slots = [];
  let searching = 0;

  readAddress();
  const named = address.get("scale") in SCALES ? address.get("scale") : narrow ? "week" : "month";
  const date = /^(\d{4})-(\d{2})-(\d{2})$/.exec(address.get("date") || "");
  let scale = new Scale(zone, named, date ? zone.instant(Number(date[1]), date[2] - 1, Number(date[3])) : Date.now());
  const plan = new Plan(settings, () => rows.refresh(scale, false));
  const moves = new Moves(plan, zone);
  const rows = new Rows(grid, zone, load, () => tell("The rows could not be loaded. Check your connection and reload the page."));
  new Drag(grid, rows, zone, {
    mayCreate: Boolean(settings.add),
    open: show,
    create,
    move: (item, before, after) => moves.move(item, before, after),
    check: (item, place) => moves.check(item, place),
  }, document.getElementById("timeline-hint"));
  const carry = new Carry(rows, zone, { open: show, move: (item, before, after) => moves.move(item, before, after) }, say);
  showScale();
  rows.refresh(scale, true);
  scrollToNow();

  async function load(offset, limit) {
    const query = new URLSearchParams({
      start: new Date(scale.start).toISOString(), end: new Date(scale.end).toISOString(), offset, limit, layers: layers().join(",") || "windows",
    });
    for (const name of FILTERS) if (form.elements[name].value) query.set(name, form.elements[name].value);
    const answer = await fetch(`${settings.api}/timeline?${query}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return null;
    const found = await answer.json();
    if (!layers().length) for (const row of found.resources) row.windows = [];
    return found;
  }

  function layers() {
    return [...form.querySelectorAll("[name=layer]:checked")].map((box) => box.value);
  }

  function show({ layer, bar, row }) {
    if (layer === "windows" && !bar.id) {
      plan.say("A window above takes this resource. It is not yours to see.");
      return;
    }
    plan.open(layer, { ...bar, resource: row.id });
  }

  function create(resource, from, to) {
    const values = { resource, starts_at: new Date(from).toISOString(), ends_at: new Date(to).toISOString() };
    location.assign(`${settings.add}?${new URLSearchParams(values)}`);
  }

  function tell(text) {
    note.textContent = text;
    note.hidden = !text;
  }

  // -- the axis
  function showScale() {
    const names = Number.parseInt(getComputedStyle(grid).getPropertyValue("--names"), 10);
    scale.fit(grid.clientWidth - names);
    slots = scale.slots();
    grid.style.setProperty("--track", `${scale.width}px`);
    grid.setAttribute("aria-colcount", 2);
    document.getElementById("timeline-title").textContent = scale.title;
    for (const button of element.querySelectorAll("[data-scale]")) {
      button.setAttribute("aria-pressed", button.dataset.scale === scale.name);
    }
    ticks.replaceChildren();
    const lines = made("div", "timeline-lines");
    lines.setAttribute("aria-hidden", "true");
    for (const tick of scale.ticks()) {
      const label = made("span", `tick${tick.weak ? " weak" : ""}`, tick.label);
      label.style.left = `${scale.x(tick.start)}px`;
      ticks.append(label);
      if (tick.group) {
        const group = made("span", "tick-group", tick.group);
        group.style.left = `${scale.x(tick.start)}px`;
        ticks.append(group);
      }
      const stripe = made("i", tick.weak ? "weak" : "");
      stripe.style.left = `${scale.x(tick.start)}px`;
      stripe.style.width = `${scale.x(tick.end) - scale.x(tick.start)}px`;
      lines.append(stripe);
    }
    if (scale.start <= Date.now() && Date.now() < scale.end) {
      const today = made("b", "timeline-now");
      today.style.left = `${scale.x(Date.now())}px`;
      lines.append(today);
    }
    body.querySelector(".timeline-lines")?.remove();
    body.prepend(lines);
    remember();
  }

  function change(next, isOther = false) {
    const from = slots[cursor.slot];
    scale = next;
    showScale();
    cursor.slot = cursor.from = Math.max(0, slots.findIndex((at, place) => scale.slotEnd(slots, place) > from));
    rows.refresh(scale, isOther);
    scrollToNow();
  }

  function scrollToNow() {
    const now = scale.x(Date.now());
    if (now > 0 && now < scale.width) grid.scrollLeft = Math.max(0, now - 60);
  }

  element.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step], [data-scale]");
    if (!button) return;
    if (button.dataset.scale) {
      const inside = scale.start <= Date.now() && Date.now() < scale.end;
      change(new Scale(zone, button.dataset.scale, cursor.isOn ? slots[cursor.slot] : inside ? Date.now() : scale.start));
    } else if (button.dataset.step === "0") change(new Scale(zone, scale.name, Date.now()));
    else change(scale.beside(Number(button.dataset.step)));
  });
  let width = grid.clientWidth;
  new ResizeObserver(() => {
    if (grid.clientWidth === width) return;
    width = grid.clientWidth;
    showScale();
    rows.redraw();
  }).observe(grid);

  // -- keys: a cursor of one slot, or several with Shift
  grid.addEventListener("keydown", (event) => {
    if (event.target.closest("a") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (carry.key(event)) {
      if (carry.held) reveal(carry.held.index, carry.held.after.start, carry.held.after.end);
      event.preventDefault();
      return;
    }
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], PageUp: [-10, 0], PageDown: [10, 0] };
    if (event.key in steps && rows.count) {
      const [down, right] = steps[event.key];
      step(down, right, event.shiftKey && right !== 0);
    } else if (event.key === "Home" || event.key === "End") step(0, event.key === "Home" ? -slots.length : slots.length, false);
    else if (event.key === "Enter") enter();
    else if (event.key.toLowerCase() === "n" && settings.add && rows.row(cursor.row)) {
      const [from, to] = selection();
      create(rows.row(cursor.row).id, from, to);
    } else if (event.key.toLowerCase() === "m" && rows.row(cursor.row)) carry.take(rows.within(cursor.row, ...selection()), cursor.row);
    else return;
    event.preventDefault();
  });
  grid.addEventListener("focus", () => { if (!cursor.isOn && rows.count) place(); });
  grid.addEventListener("drawn", () => {
    drawCursor();
    carry.draw();
  });
  grid.addEventListener("loaded", (event) => {
    const { count, cut } = event.detail;
    grid.querySelector("[data-count]").textContent = count === 1 ? "1 resource" : `${count.toLocaleString("en")} resources`;
    tell(cut ? "Not everything fits into the picture. Choose a shorter time or fewer resources." : count ? "" : "No resource fits these filters.");
  });

  function step(down, right, extends_) {
    cursor.isOn = true;
    cursor.row = Math.min(Math.max(cursor.row + down, 0), rows.count - 1);
    cursor.slot = Math.min(Math.max(cursor.slot + right, 0), slots.length - 1);
    if (!extends_) cursor.from = cursor.slot;
    place();
  }

  // Where the keyboard begins: the first row in view, today if it is shown.
  function place() {
    if (!cursor.isOn) {
      cursor.isOn = true;
      cursor.row = Math.floor(grid.scrollTop / rows.height);
      const today = slots.findIndex((at, index) => at <= Date.now() && Date.now() < scale.slotEnd(slots, index));
      cursor.slot = cursor.from = Math.max(0, today);
    }
    carry.drop();
    const [from, to] = selection();
    reveal(cursor.row, slots[cursor.slot], scale.slotEnd(slots, cursor.slot));
    rows.draw();
    const row = rows.row(cursor.row);
    const found = rows.within(cursor.row, from, to).map(({ layer, bar }) => rows.describe(layer, bar));
    say(row ? `${row.name}, ${zone.between(from, to)}: ${found.join("; ") || "free"}` : "");
  }

  function selection() {
    const [first, last] = [cursor.from, cursor.slot].sort((one, other) => one - other);
    return [slots[first], scale.slotEnd(slots, last)];
  }

  function say(text) {
    spoken.textContent = text;
  }

  function reveal(index, start, end) {
    const head = grid.querySelector(".timeline-header").offsetHeight;
    const top = index * rows.height;
    const room = grid.clientHeight - head - rows.height;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top > grid.scrollTop + room) grid.scrollTop = top - room;
    const names = grid.querySelector(".timeline-corner").offsetWidth;
    const from = scale.x(start);
    const to = scale.x(end);
    if (from < grid.scrollLeft) grid.scrollLeft = from;
    else if (to > grid.scrollLeft + grid.clientWidth - names) grid.scrollLeft = to - grid.clientWidth + names;
  }

  function drawCursor() {
    const row = cursor.isOn && rows.drawn.get(cursor.row);
    if (!row) {
      mark.remove();
      return;
    }
    const [from, to] = selection();
    mark.style.left = `${scale.x(from)}px`;
    mark.style.width = `${scale.x(to) - scale.x(from)}px`;
    row.lastChild.append(mark);
    grid.setAttribute("aria-activedescendant", row.lastChild.id);
  }

  function enter() {
    const [found] = rows.within(cursor.row, ...selection());
    if (found) show(found);
    else if (settings.add && rows.row(cursor.row)) create(rows.row(cursor.row).id, ...selection());
  }

  body.addEventListener("pointerdown", (event) => {
    const track = event.target.closest(".timeline-track");
    if (!track) return;
    const at = scale.moment(event.clientX - track.getBoundingClientRect().left);
    cursor.isOn = true;
    cursor.row = Number(track.parentElement.dataset.index);
    cursor.slot = cursor.from = Math.max(0, slots.findIndex((_, index) => scale.slotEnd(slots, index) > at));
    drawCursor();
  });

  // -- filters
  function readAddress() {
    for (const name of ["type", "status", "search"]) if (address.has(name)) form.elements[name].value = address.get(name);
    const chosen = (address.get("layers") ?? localStorage.getItem(REMEMBERED))?.split(",");
    if (chosen) for (const box of form.querySelectorAll("[name=layer]")) box.checked = chosen.includes(box.value);
    settleFilters(narrow);
  }

  function remember() {
    const query = new URLSearchParams({ scale: scale.name, date: zone.iso(scale.start) });
    for (const name of FILTERS) if (form.elements[name].value) query.set(name, form.elements[name].value);
    history.replaceState(null, "", `?${query}`);
    localStorage.setItem(REMEMBERED, layers().join(","));
    clear.hidden = !FILTERS.some((name) => form.elements[name].value);
  }

  function filter() {
    remember();
    cursor.row = 0;
    rows.refresh(scale, true);
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => {
    if (event.target.name === "layer") {
      remember();
      rows.refresh(scale, false);
    } else if (event.target.name && event.target.name !== "search") filter();
  });
  form.elements.search.addEventListener("input", () => {
    clearTimeout(searching);
    searching = setTimeout(filter, 250);
  });
  clear.addEventListener("click", () => {
    for (const name of FILTERS) form.elements[name].value = "";
    document.getElementById("resource-name").value = "";
    filter();
  });
  chooseResource(form, settings.resources, filter);
  element.addEventListener("live", (event) => {
    event.preventDefault();
    event.detail.push(rows.renew());
  });
}
