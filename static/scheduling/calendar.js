// The calendar: draws the feed, keeps the filters in the address, moves and skips dates through the console's pages.
"use strict";

const element = document.getElementById("calendar");
if (element) start();

function start() {
  const form = document.getElementById("calendar-filters");
  const resourceName = document.getElementById("resource-name");
  const choices = document.getElementById("resource-choices");
  const clear = document.getElementById("clear-filters");
  const note = document.getElementById("calendar-note");
  const panel = document.getElementById("date-panel");
  const content = document.getElementById("date-content");
  const toast = document.getElementById("toast");
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const icons = { scheduled: "schedule", overdue: "error", completed: "check_circle", skipped: "redo", missed: "block" };
  const views = { month: "dayGridMonth", week: "dayGridWeek", day: "timeGridDay", list: "agenda" };
  const roomy = new Set(["agenda", "dayGridWeek"]);
  const address = new URLSearchParams(location.search);
  const narrow = matchMedia("(max-width: 640px)").matches;
  let fresh = false;
  let toastTimer = 0;

  document.querySelector(".filter-box").open = !narrow;
  readFilters();
  const calendar = new FullCalendar.Calendar(element, {
    timeZone: element.dataset.zone,
    locale: "en-gb",
    firstDay: 1,
    height: "auto",
    initialView: views[address.get("view")] || (narrow ? views.list : views.month),
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
      dayGridWeek: { dayMaxEvents: false },
      timeGrid: { allDaySlot: false, slotDuration: "01:00", eventMaxStack: narrow ? 1 : 6 },
    },
    eventDisplay: "block",
    eventInteractive: true,
    defaultTimedEventDuration: "00:45",
    dayMaxEvents: narrow ? 2 : 4,
    moreLinkClick: "popover",
    nowIndicator: true,
    navLinks: !narrow,
    scrollTime: "07:00",
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    listItemEventBeforeClass: "visually-hidden",
    buttonClass: "calendar-button",
    toolbarTitleClass: "calendar-title",
    noEventsContent: "No dates in this period. Choose another period or fewer filters.",
    events: load,
    eventClass: (info) => `date-event date-${info.event.extendedProps.status} ${roomy.has(info.view.type) ? "in-list" : ""}`,
    eventContent: draw,
    eventDidMount: soundList,
    eventClick: (info) => { if (!info.event.url) open(info.event); },
    eventDrop: drop,
    datesSet: remember,
  });
  calendar.render();

  async function load(range) {
    const query = new URLSearchParams({ start: range.startStr, end: range.endStr });
    for (const name of ["resource", "type", "assignee"]) {
      const value = form.elements[name]?.value;
      if (value) query.set(name, value);
    }
    const answer = await fetch(`${element.dataset.feed}?${query}`, {
      headers: { Accept: "application/json" }, cache: fresh ? "no-cache" : "default",
    });
    fresh = false;
    if (!answer.ok) {
      tell("The dates could not be loaded. Check your connection and reload the page.");
      return [];
    }
    tell(answer.headers.get("X-Calendar-Cut") || "");
    const shown = new Set(checked());
    return (await answer.json()).filter((event) => shown.has(event.extendedProps.status));
  }

  function draw(info) {
    const { status, resource_name: where } = info.event.extendedProps;
    const line = document.createElement("span");
    line.className = "date-content";
    line.append(piece("material-symbols-outlined", icons[status], true), piece("visually-hidden", `${status}: `));
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

  async function drop(info) {
    const props = info.event.extendedProps;
    const before = info.oldEvent.startStr;
    const moved = await send(element.dataset.move, {
      schedule: props.schedule, resource: props.resource, occurrence: props.occurrence, due_at: info.event.startStr,
    });
    if (!moved.ok) {
      info.revert();
      say(moved.detail, null, true);
      return;
    }
    say(`Moved to ${moved.shown}.`, async () => {
      const back = await send(element.dataset.move, {
        schedule: props.schedule, resource: props.resource, occurrence: props.occurrence, due_at: before,
      });
      say(back.ok ? "Moved back." : back.detail, null, !back.ok);
      reload();
    });
    reload();
  }

  async function open(event) {
    const { schedule, resource, occurrence } = event.extendedProps;
    const query = new URLSearchParams({ schedule, resource, occurrence });
    const answer = await fetch(`${element.dataset.date}?${query}`);
    if (!answer.ok) {
      say("This date is no longer there. The calendar is brought up to date.", null, true);
      reload();
      return;
    }
    content.innerHTML = await answer.text();
    for (const link of content.querySelectorAll("[data-complete]")) {
      link.href += `&${new URLSearchParams({ next: location.pathname + location.search })}`;
    }
    panel.showModal();
  }

  panel.addEventListener("click", (event) => {
    if (event.target === panel || event.target.closest("[data-close]")) panel.close();
  });
  panel.addEventListener("submit", async (event) => {
    const skip = event.target.closest("[data-skip-form]");
    if (!skip) return;
    event.preventDefault();
    const { schedule, resource, occurrence } = skip.dataset;
    const answer = await send(element.dataset.skip, { schedule, resource, occurrence, reason: skip.elements.reason.value });
    if (!answer.ok) {
      const error = skip.querySelector(".form-error");
      error.textContent = answer.detail;
      error.hidden = false;
      return;
    }
    panel.close();
    say("Skipped. The next date is in the calendar.");
    reload();
  });

  async function send(url, values) {
    try {
      const answer = await fetch(url, {
        method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body: JSON.stringify(values),
      });
      const found = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
      return { detail: "This is not possible any more. Reload the page.", ...found, ok: answer.ok };
    } catch {
      return { ok: false, detail: "There is no connection. Nothing was changed." };
    }
  }

  function reload() {
    fresh = true;
    calendar.refetchEvents();
  }

  function say(text, undo, refused) {
    toast.querySelector("span").textContent = text;
    toast.classList.toggle("refused", Boolean(refused));
    const button = toast.querySelector("button");
    button.hidden = !undo;
    button.onclick = undo || null;
    toast.hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { toast.hidden = true; }, 10000);
  }

  function tell(text) {
    note.textContent = text;
    note.hidden = !text;
  }

  function checked() {
    return [...form.querySelectorAll("[name=status]:checked")].map((box) => box.value);
  }

  function readFilters() {
    for (const name of ["type", "assignee"]) {
      if (form.elements[name] && address.has(name)) form.elements[name].value = address.get(name);
    }
    if (address.has("status")) {
      const chosen = address.get("status").split(",");
      for (const box of form.querySelectorAll("[name=status]")) box.checked = chosen.includes(box.value);
    }
    showClear();
  }

  function remember() {
    const query = new URLSearchParams();
    const view = Object.keys(views).find((name) => views[name] === calendar.view.type);
    query.set("view", view);
    query.set("date", calendar.formatIso(calendar.getDate(), true).slice(0, 10));
    for (const name of ["resource", "type", "assignee"]) {
      if (form.elements[name]?.value) query.set(name, form.elements[name].value);
    }
    const statuses = checked();
    if (statuses.length < form.querySelectorAll("[name=status]").length) query.set("status", statuses.join(","));
    history.replaceState(null, "", `?${query}`);
    showClear();
  }

  function showClear() {
    const all = form.querySelectorAll("[name=status]").length === checked().length;
    clear.hidden = all && !["resource", "type", "assignee"].some((name) => form.elements[name]?.value);
  }

  function filter() {
    remember();
    calendar.refetchEvents();
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => { if (event.target !== resourceName) filter(); });
  clear.addEventListener("click", () => {
    form.reset();
    for (const name of ["resource", "type", "assignee"]) if (form.elements[name]) form.elements[name].value = "";
    for (const box of form.querySelectorAll("[name=status]")) box.checked = true;
    resourceName.value = "";
    filter();
  });

  async function suggest() {
    const answer = await fetch(`${element.dataset.resources}?${new URLSearchParams({ q: resourceName.value })}`);
    if (!answer.ok) return;
    const { results } = await answer.json();
    choices.replaceChildren(...results.map(({ id, label, place }) => {
      const option = document.createElement("option");
      option.value = label;
      option.label = place ? `${label}, ${place}` : label;
      option.dataset.id = id;
      return option;
    }));
    choose();
  }

  function choose() {
    const option = [...choices.options].find((one) => one.value === resourceName.value);
    const chosen = option ? option.dataset.id : "";
    if (!option && resourceName.value) return;
    if (form.elements.resource.value === chosen) return;
    form.elements.resource.value = chosen;
    filter();
  }

  resourceName.addEventListener("focus", suggest, { once: true });
  resourceName.addEventListener("input", () => { choose(); suggest(); });
}
