// The rows: fetched page by page as they come into view, drawn only while they are in it.
const PAGE = 50;
const BEYOND = 6;
// Pixels below which a bar has no room for its sign.
const SIGN = 19;

const ICONS = {
  windows: { draft: "edit_note", scheduled: "event_available", in_progress: "construction", completed: "task_alt" },
  bookings: { tentative: "help", confirmed: "event_seat", checked_in: "login", completed: "logout" },
  due: { scheduled: "schedule", overdue: "error", completed: "check_circle", skipped: "redo", missed: "block" },
};
const WORDS = {
  windows: "Window", bookings: "Booking", due: "Due maintenance",
};

export class Rows {
  constructor(grid, zone, load, failed) {
    this.grid = grid;
    this.zone = zone;
    this.load = load;
    this.failed = failed;
    this.body = grid.querySelector(".timeline-body");
    this.drawn = new Map();
    // Rows out of view wait here, empty, for the next ones: the theme has rules about siblings ("h2 + *"), so the browser
    // works out the style of every row anew whenever one is added or taken away between others.
    this.spare = [];
    this.pages = new Map();
    this.count = null;
    this.version = 0;
    this.height = 0;
    let waiting = false;
    grid.addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; this.draw(); });
    }, { passive: true });
  }

  // Ask anew; what is shown stays until the answer is there, unless the rows are others. Fulfilled when it is drawn.
  refresh(scale, isOther) {
    this.scale = scale;
    this.version += 1;
    this.pages = new Map();
    if (isOther) {
      this.rows = [];
      this.count = null;
      this.grid.scrollTop = 0;
    } else {
      this.rows ||= [];
    }
    this.height = Number.parseInt(getComputedStyle(this.grid).getPropertyValue("--row"), 10);
    this.redraw();
    return Promise.all(this.pages.values());
  }

  // Ask anew and leave what is shown until the answer is there, and what is the same for good.
  renew() {
    this.version += 1;
    this.pages = new Map();
    this.draw();
    return Promise.all(this.pages.values());
  }

  redraw() {
    for (const index of this.drawn.keys()) this.#drop(index);
    this.draw();
  }

  row(index) {
    return this.rows[index];
  }

  draw() {
    const shown = Math.ceil(this.grid.clientHeight / this.height);
    const first = Math.max(0, Math.floor(this.grid.scrollTop / this.height) - BEYOND);
    const last = Math.min((this.count ?? PAGE) - 1, first + shown + 2 * BEYOND);
    this.body.style.height = `${(this.count ?? 0) * this.height}px`;
    for (const index of this.drawn.keys()) {
      if (index < first || index > last) this.#drop(index);
    }
    for (let index = first; index <= last; index += 1) {
      const page = Math.floor(index / PAGE);
      if (!this.pages.has(page)) this.pages.set(page, this.#load(page));
      if (this.count !== null && !this.drawn.has(index)) this.#add(index);
    }
    this.grid.dispatchEvent(new Event("drawn"));
  }

  async #load(page) {
    const version = this.version;
    const answer = await this.load(page * PAGE, PAGE);
    if (version !== this.version) return;
    if (!answer) {
      this.failed();
      return;
    }
    const isFirst = this.count !== answer.count;
    const known = this.rows.slice(page * PAGE, page * PAGE + PAGE);
    const isOther = JSON.stringify(known) !== JSON.stringify(answer.resources);
    this.count = answer.count;
    answer.resources.forEach((row, place) => { this.rows[page * PAGE + place] = row; });
    this.grid.setAttribute("aria-rowcount", this.count + 1);
    this.grid.dispatchEvent(new CustomEvent("loaded", { detail: answer }));
    for (const index of this.drawn.keys()) {
      if (isFirst || (isOther && Math.floor(index / PAGE) === page)) this.#drop(index);
    }
    this.draw();
  }

  #drop(index) {
    const element = this.drawn.get(index);
    element.hidden = true;
    element.replaceChildren();
    this.spare.push(element);
    this.drawn.delete(index);
  }

  #add(index) {
    const row = this.rows[index];
    const element = this.spare.pop() || this.body.appendChild(made("div", "timeline-row"));
    element.setAttribute("role", "row");
    element.setAttribute("aria-rowindex", index + 2);
    element.dataset.index = index;
    element.style.top = `${index * this.height}px`;
    const name = made("div", "timeline-name");
    name.setAttribute("role", "rowheader");
    const track = made("div", "timeline-track");
    track.setAttribute("role", "gridcell");
    track.id = `cell-${index}`;
    track.style.width = `${this.scale.width}px`;
    if (row) {
      name.style.setProperty("--depth", row.depth);
      const link = made("a", "timeline-resource", row.name);
      link.href = `/admin/scheduling/resource/${row.id}/`;
      link.tabIndex = -1;
      link.title = `${row.name} (${row.code})`;
      name.append(link, made("span", "timeline-code", row.code));
      if (row.status !== "operational") name.append(made("span", "timeline-status", row.status.replaceAll("_", " ")));
      for (const layer of ["bookings", "windows", "due"]) {
        for (const bar of row[layer] || []) track.append(this.#bar(layer, bar, row));
      }
      track.setAttribute("aria-label", this.#summary(row));
    } else {
      name.append(made("span", "timeline-waiting", "…"));
      track.setAttribute("aria-label", "Loading");
    }
    element.append(name, track);
    element.hidden = false;
    this.drawn.set(index, element);
  }

  #bar(layer, bar, row) {
    const { scale } = this;
    const element = made("button", `bar bar-${layer} ${layer}-${bar.status}`);
    element.type = "button";
    element.tabIndex = -1;
    element.entry = { layer, bar, row };
    const start = Date.parse(bar.starts_at);
    const end = layer === "due" ? start : Date.parse(bar.ends_at);
    element.setAttribute("aria-label", this.describe(layer, bar));
    element.title = this.describe(layer, bar);
    element.style.left = `${scale.x(start)}px`;
    const sign = made("span", "material-symbols-outlined", bar.conflict ? "warning" : ICONS[layer][bar.status]);
    sign.setAttribute("aria-hidden", "true");
    if (layer === "due") {
      element.append(sign);
      return element;
    }
    const width = Math.max(4, scale.x(end) - scale.x(start));
    element.style.width = `${width}px`;
    if (width >= SIGN) element.append(sign);
    if (width >= 2 * SIGN) element.append(made("span", "bar-text", bar.title));
    element.classList.toggle("clash", Boolean(bar.conflict));
    element.classList.toggle("above", Boolean(bar.inherited_from));
    element.classList.toggle("fixed", !bar.editable);
    element.classList.toggle("emergency", bar.kind === "emergency");
    if (layer === "windows") this.#buffers(element, bar, start, end);
    return element;
  }

  #buffers(element, bar, start, end) {
    const { scale } = this;
    const from = scale.x(start) - scale.x(Date.parse(bar.blocked_from));
    const to = scale.x(Date.parse(bar.blocked_to)) - scale.x(end);
    for (const [side, width] of [["right", from], ["left", to]]) {
      if (width < 1 || bar.inherited_from) continue;
      const buffer = made("i", "buffer");
      buffer.style.width = `${width}px`;
      buffer.style[side] = "100%";
      element.append(buffer);
    }
  }

  describe(layer, bar) {
    const start = Date.parse(bar.starts_at);
    const when = layer === "due" ? `${this.zone.day(start)}, ${this.zone.time(start)}` : this.zone.between(start, Date.parse(bar.ends_at));
    const parts = [`${WORDS[layer]} ${bar.title}`, bar.status.replaceAll("_", " "), when];
    if (bar.kind === "emergency") parts.splice(1, 0, "emergency");
    if (bar.inherited_from) parts.push(`blocked from ${bar.inherited_from}`);
    if (bar.conflict) parts.push(bar.bookings ? `conflict with ${bar.bookings} booking${bar.bookings === 1 ? "" : "s"}` : "conflict");
    return parts.join(", ");
  }

  #summary(row) {
    const counts = ["windows", "bookings", "due"].map((layer) => [row[layer]?.length || 0, WORDS[layer].toLowerCase()]);
    const said = counts.filter(([count]) => count).map(([count, word]) => `${count} ${word}${count > 1 && word !== "due maintenance" ? "s" : ""}`);
    return said.join(", ") || "nothing";
  }

  // What lies in a stretch of a row, in the order of time.
  within(index, start, end) {
    const row = this.rows[index];
    if (!row) return [];
    return ["windows", "bookings", "due"]
      .flatMap((layer) => (row[layer] || []).map((bar) => ({ layer, bar, row })))
      .filter(({ bar }) => {
        const from = Date.parse(bar.starts_at);
        return from < end && (bar.ends_at ? Date.parse(bar.ends_at) : from + 1) > start;
      })
      .sort((one, other) => Date.parse(one.bar.starts_at) - Date.parse(other.bar.starts_at));
  }
}

export function made(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}
