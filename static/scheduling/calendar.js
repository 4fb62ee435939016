// The calendar: draws the layers of the feed, keeps the filters in the address, moves what is dragged through the API.
import { Moves } from "./moves.js";
import { Plan, chooseResource, settleFilters } from "./plan.js";
import { Zone } from "./zone.js";

const FILTERS = ["resource", "type", "assignee"];
const REMEMBERED = "calendar-layers";
// Work stands above what is booked, also where a day has no room for all.
const RANK = { windows: 0, orders: 1, due: 2, logs: 3, bookings: 4 };
const FEED = { due: "due,completed" };
const ROOMY = new Set(["agenda", "dayGridWeek"]);
const VIEWS = { month: "dayGridMonth", week: "dayGridWeek", day: "timeGridDay", list: "agenda" };

const element = document.getElementById("calendar");
if (element) start();

function start() {
  const form = document.getElementById("calendar-filters");
  const clear = document.getElementById("clear-filters");
  const note = document.getElementById("calendar-note");
  const address = new URLSearchParams(location.search);
  const narrow = matchMedia("(max-width: 640px)").matches;
  const settings = { ...element.dataset };
  const zone = new Zone(settings.zone);
  const boxes = [...form.querySelectorAll("[name=status]")];
  const icons = Object.fromEntries(boxes.map((box) => [box.value, box.nextElementSibling.textContent]));
  // What another page has changed meanwhile must show: each range is asked for anew after every change that is heard of.
  const known = new Set();
  let drawn = {};
  let ready = {};

  settleFilters(narrow);
  readFilters();
  const plan = new Plan(settings, reload);
  const moves = new Moves(plan, zone);
  const calendar = new FullCalendar.Calendar(element, {
    timeZone: settings.zone,
    locale: "en-gb",
    firstDay: 1,
    height: "auto",
    initialView: VIEWS[narrow && address.get("view") === "week" ? "list" : address.get("view")] || (narrow ? VIEWS.list : VIEWS.month),
    initialDate: address.get("date") || undefined,
    headerToolbar: narrow
      ? { start: "title", end: "prev,next" }
      : { start: "prev,next today", center: "title", end: "dayGridMonth,dayGridWeek,timeGridDay,agenda" },
    footerToolbar: narrow ? { start: "today", end: "agenda,dayGridMonth,timeGridDay" } : false,
    buttons: {
      today: { text: "Today" }, dayGridMonth: { text: "Month" }, dayGridWeek: { text: "Week" },
      timeGridDay: { text: "Day" }, agenda: { text: "List" },
    },
    views: {
      agenda: { type: "list", duration: { days: 30 } },
      dayGridWeek: { dayMaxEvents: false, titleFormat: { day: "numeric", month: "long", year: "numeric" } },
      timeGrid: { allDaySlot: false, slotEventOverlap: false, slotDuration: "01:00", snapDuration: "00:15", eventMaxStack: narrow ? 1 : 6 },
    },
    eventDisplay: "block",
    eventInteractive: true,
    eventOrder: (one, other) => rank(one) - rank(other) || one.start - other.start || other.duration - one.duration || 0,
    eventOrderStrict: true,
    defaultTimedEventDuration: "00:45",
    dayMaxEvents: narrow ? 2 : 4,
    moreLinkClick: "popover",
    allDayText: "All day",
    nowIndicator: true,
    navLinks: !narrow,
    scrollTime: "07:00",
    selectable: Boolean(settings.add) && !narrow,
    selectMinDistance: 6,
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    listItemEventBeforeClass: "visually-hidden",
    buttonClass: "calendar-button",
    toolbarTitleClass: "calendar-title",
    noEventsContent: "Nothing in this period. Choose another period, more layers or fewer filters.",
    events: load,
    eventClass: (info) => `date-event ${kind(info.event)} ${ROOMY.has(info.view.type) ? "in-list" : ""} ${info.event.extendedProps.conflict ? "in-conflict" : ""}`,
    eventContent: draw,
    eventDidMount: soundList,
    eventClick: (info) => { if (!info.event.url && info.event.id) plan.open(layerOf(info.event), { id: info.event.id, ...info.event.extendedProps }); },
    eventDrop: drop,
    eventResize: drop,
    select: create,
    datesSet: remember,
  });
  calendar.render();

  function layerOf(event) {
    return event.extendedProps.layer || (event.extendedProps.log ? "logs" : "due");
  }

  function kind(event) {
    return `${layerOf(event)}-${event.extendedProps.status}`;
  }

  function rank(event) {
    return RANK[event.layer || (event.log ? "logs" : "due")];
  }

  async function load(range) {
    const layers = chosen("layer");
    if (!layers.length) return [];
    const query = new URLSearchParams({
      start: range.startStr, end: range.endStr, layers: layers.map((name) => FEED[name] || name).join(","),
    });
    for (const name of FILTERS) {
      const value = form.elements[name]?.value;
      if (value) query.set(name, value);
    }
    const source = `${settings.api}/calendar?${query}`;
    const cache = known.has(source) ? "default" : "no-cache";
    known.add(source);
    const text = ready.source === source ? ready.text : await ask(source, cache);
    ready = {};
    drawn = { source, text };
    const shown = new Set(chosen("status"));
    return JSON.parse(text).filter((event) => shown.has(kind(event)));
  }

  async function ask(source, cache) {
    const answer = await fetch(source, { headers: { Accept: "application/json" }, cache }).catch(() => null);
    tell(answer?.ok ? answer.headers.get("X-Calendar-Cut") || "" : "The dates could not be loaded. Check your connection and reload the page.");
    return answer?.ok ? answer.text() : "[]";
  }

  // To draw takes longer than to ask: it is done where something differs.
  async function follow() {
    const { source } = drawn;
    if (!source) return reload();
    const text = await ask(source, "no-cache");
    known.clear();
    if (source !== drawn.source || text === drawn.text) return;
    ready = { source, text };
    setTimeout(reload);
  }

  function draw(info) {
    const { status, resource_name: where, conflict, kind: sort, bookings } = info.event.extendedProps;
    const line = document.createElement("span");
    line.className = "date-content";
    const sign = conflict ? "warning" : icons[kind(info.event)];
    const told = conflict ? `conflict${bookings ? ` with ${bookings} booking${bookings === 1 ? "" : "s"}` : ""}, ` : "";
    line.append(piece("material-symbols-outlined", sign, true));
    line.append(piece("visually-hidden", `${told}${sort === "emergency" ? "emergency, " : ""}${status.replaceAll("_", " ")}: `));
    if (info.timeText) line.append(piece("time", info.timeText));
    const text = piece("text", info.event.title);
    text.append(piece("where", ` · ${where}`));
    line.append(text);
    return { domNodes: [line] };
  }

  // Columns and days are announced as lists, but what they hold are buttons: call them groups.
  function soundList(info) {
    info.el.closest("[role=list], [role=group]")?.setAttribute("role", "group");
  }

  function piece(className, text, hidden) {
    const made = document.createElement("span");
    made.className = className;
    made.textContent = text;
    if (hidden) made.setAttribute("aria-hidden", "true");
    return made;
  }

  // The picture goes back at once where the move is refused; a dialog then says what is in the way.
  async function drop(info) {
    const layer = layerOf(info.event);
    if (layer === "due") {
      await dropDate(info);
      return;
    }
    if (layer === "orders") {
      await dropOrder(info);
      return;
    }
    const props = info.event.extendedProps;
    const place = (event) => ({ resource: props.resource, start: Date.parse(event.startStr), end: Date.parse(event.endStr) });
    const [before, after] = [place(info.oldEvent), place(info.event)];
    const item = { layer, id: info.event.id, recurs: props.recurs, effect: props.effect };
    if (layer === "windows") {
      item.setup = Math.round((before.start - Date.parse(props.blocked_from)) / 60_000);
      item.cleanup = Math.round((Date.parse(props.blocked_to) - before.end) / 60_000);
    }
    await moves.move(item, before, after, () => info.revert());
  }

  async function dropDate(info) {
    const { schedule, resource, occurrence } = info.event.extendedProps;
    const move = (event) => plan.send(settings.move, { schedule, resource, occurrence, due_at: event.startStr });
    await shift(info, move, (found) => `Moved to ${found.shown}.`);
  }

  // What is planned is planned for another time, what is only due becomes due then.
  async function dropOrder(info) {
    const move = (event) => plan.api(`work-orders/${event.id}`, event.extendedProps.is_planned
      ? { scheduled_start_at: event.startStr, scheduled_end_at: event.endStr }
      : { due_at: event.startStr }, "PATCH");
    await shift(info, move, (found) => `#${found.number} is moved.`);
  }

  async function shift(info, move, told) {
    const moved = await move(info.event);
    if (!moved.ok) {
      info.revert();
      plan.say(moved.detail, null, true);
      return;
    }
    plan.say(told(moved.found), async () => {
      const back = await move(info.oldEvent);
      plan.say(back.ok ? "Moved back." : back.detail, null, !back.ok);
      reload();
    });
    reload();
  }

  // Days are selected whole, from midnight to midnight in the person's zone.
  function create(info) {
    const moment = (text) => {
      const [year, month, day] = text.split("-").map(Number);
      return text.includes("T") ? Date.parse(text) : zone.instant(year, month - 1, day);
    };
    const query = new URLSearchParams({
      starts_at: new Date(moment(info.startStr)).toISOString(), ends_at: new Date(moment(info.endStr)).toISOString(),
    });
    if (form.elements.resource.value) query.set("resource", form.elements.resource.value);
    location.assign(`${settings.add}?${query}`);
  }

  function reload() {
    known.clear();
    calendar.refetchEvents();
  }

  function tell(text) {
    note.textContent = text;
    note.hidden = !text;
  }

  function chosen(name) {
    return [...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);
  }

  function readFilters() {
    for (const name of ["type", "assignee"]) {
      if (form.elements[name] && address.has(name)) form.elements[name].value = address.get(name);
    }
    choose("status", address.get("status"));
    choose("layer", address.get("layers") ?? localStorage.getItem(REMEMBERED));
    showClear();
  }

  function choose(name, text) {
    if (text === null) return;
    const values = text.split(",");
    for (const box of form.querySelectorAll(`[name=${name}]`)) box.checked = values.includes(box.value);
  }

  function remember() {
    const query = new URLSearchParams();
    query.set("view", Object.keys(VIEWS).find((name) => VIEWS[name] === calendar.view.type));
    query.set("date", calendar.formatIso(calendar.getDate(), true).slice(0, 10));
    for (const name of FILTERS) {
      if (form.elements[name]?.value) query.set(name, form.elements[name].value);
    }
    const statuses = chosen("status");
    if (statuses.length < boxes.length) query.set("status", statuses.join(","));
    localStorage.setItem(REMEMBERED, chosen("layer").join(","));
    history.replaceState(null, "", `?${query}`);
    showClear();
  }

  function showClear() {
    clear.hidden = boxes.every((box) => box.checked) && !FILTERS.some((name) => form.elements[name]?.value);
  }

  function filter() {
    remember();
    calendar.refetchEvents();
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => { if (event.target.name) filter(); });
  clear.addEventListener("click", () => {
    for (const name of FILTERS) if (form.elements[name]) form.elements[name].value = "";
    for (const box of boxes) box.checked = true;
    document.getElementById("resource-name").value = "";
    filter();
  });
  chooseResource(form, settings.resources, filter);
  element.addEventListener("live", (event) => {
    event.preventDefault();
    event.detail.push(follow());
  });
}
