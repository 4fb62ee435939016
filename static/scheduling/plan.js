// What calendar and timeline share: the side panel that tells of a bar and acts on it, messages with undo, questions to the API.
export class Plan {
  // `changed` is called after everything that makes what is shown out of date.
  constructor(settings, changed) {
    this.settings = settings;
    this.changed = changed;
    this.panel = document.getElementById("date-panel");
    this.content = document.getElementById("date-content");
    this.toast = document.getElementById("toast");
    this.token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    this.timer = 0;
    this.panel.addEventListener("click", (event) => this.#clicked(event));
    this.panel.addEventListener("submit", (event) => this.#submitted(event));
    addEventListener("keydown", (event) => this.#undo(event));
    for (const dialog of document.querySelectorAll("dialog.plan-dialog")) {
      dialog.addEventListener("click", (event) => {
        if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
      });
    }
  }

  // The answer's values with `ok`, `status` and, where it was refused, a sentence in `detail`.
  async send(address, values, method = "POST") {
    try {
      const answer = await fetch(address, {
        method,
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.token },
        body: values === undefined ? undefined : JSON.stringify(values),
      });
      const isJson = answer.headers.get("Content-Type")?.includes("json");
      const found = isJson ? await answer.json() : {};
      const detail = found.detail || (answer.ok ? "" : firstSentence(found));
      return { found, conflicts: found.conflicts || [], detail, ok: answer.ok, status: answer.status };
    } catch {
      return { found: {}, conflicts: [], ok: false, status: 0, detail: "There is no connection. Nothing was changed." };
    }
  }

  api(path, values, method) {
    return this.send(`${this.settings.api}/${path}`, values, method);
  }

  say(text, undo, refused) {
    this.toast.querySelector("span").textContent = text;
    this.toast.classList.toggle("refused", Boolean(refused));
    const button = this.toast.querySelector("button");
    button.hidden = !undo;
    button.onclick = undo || null;
    this.toast.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.toast.hidden = true; }, 12000);
  }

  // Ctrl+Z does what the button in the message does, as long as it stands.
  #undo(event) {
    const button = this.toast.querySelector("button");
    const isMeant = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (!isMeant || this.toast.hidden || button.hidden || event.target.closest("input, textarea, select, dialog")) return;
    event.preventDefault();
    button.click();
  }

  // A window, a booking or a date of a schedule, in the side panel.
  open(layer, values) {
    if (layer === "windows") return this.#show(`${this.settings.plan}window/${values.id}/`);
    if (layer === "bookings") return this.#show(`${this.settings.plan}booking/${values.id}/`);
    const { schedule, resource, occurrence } = values;
    return this.#show(`${this.settings.date}?${new URLSearchParams({ schedule, resource, occurrence })}`);
  }

  async #show(address) {
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) {
      this.say("This is no longer there. The picture is brought up to date.", null, true);
      this.changed();
      return;
    }
    this.content.innerHTML = await answer.text();
    for (const link of this.content.querySelectorAll("[data-complete]")) {
      link.href += `&${new URLSearchParams({ next: location.pathname + location.search })}`;
    }
    this.panel.showModal();
  }

  #clicked(event) {
    const action = event.target.closest("[data-act]");
    if (event.target === this.panel || event.target.closest("[data-close]")) this.panel.close();
    if (action) this.#act(action.dataset.act, undefined, action.dataset.done, this.content.querySelector(".form-error"));
  }

  async #act(action, values, done, error) {
    const target = this.content.querySelector("[data-target]").dataset.target;
    const answer = await this.api(`${target}/${action}`, values);
    this.#finish(answer, done, error);
  }

  async #submitted(event) {
    const form = event.target.closest("[data-skip-form], [data-cancel-form]");
    if (!form) return;
    event.preventDefault();
    const reason = form.elements.reason.value;
    const error = form.querySelector(".form-error");
    if (form.matches("[data-cancel-form]")) {
      await this.#act("cancel", { reason }, "Cancelled. Those affected are told.", error);
      return;
    }
    const { schedule, resource, occurrence } = form.dataset;
    const answer = await this.send(this.settings.skip, { schedule, resource, occurrence, reason });
    this.#finish(answer, "Skipped. The next date is in the calendar.", error);
  }

  #finish(answer, done, error) {
    if (!answer.ok) {
      error.textContent = answer.detail;
      error.hidden = false;
      return;
    }
    this.panel.close();
    this.say(done);
    this.changed();
  }
}

// Refused fields come as lists of sentences by name.
function firstSentence(found) {
  const sentence = Object.values(found).flat().find((text) => typeof text === "string");
  return sentence || "This is not possible any more. Reload the page.";
}

// A text field with suggestions from the server, whose choice lands in the hidden field `resource`.
export function chooseResource(form, address, chosen) {
  const field = document.getElementById("resource-name");
  const choices = document.getElementById("resource-choices");
  const choose = () => {
    const option = [...choices.options].find((one) => one.value === field.value);
    if (!option && field.value) return;
    const key = option ? option.dataset.id : "";
    if (form.elements.resource.value === key) return;
    form.elements.resource.value = key;
    chosen();
  };
  const suggest = async () => {
    const answer = await fetch(`${address}?${new URLSearchParams({ q: field.value })}`);
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
  };
  // Typed to the end without picking: taken when only one can be meant, else said to be none.
  const settle = async () => {
    await suggest();
    const options = [...choices.options].map((one) => one.value);
    const named = options.filter((label) => label.startsWith(`${field.value} (`));
    const meant = options.length === 1 ? options : named;
    if (field.value && !options.includes(field.value) && meant.length === 1) {
      field.value = meant[0];
      choose();
    }
    field.setCustomValidity(!field.value || options.includes(field.value) ? "" : "Choose a resource from the list.");
    field.reportValidity();
  };
  field.addEventListener("focus", suggest, { once: true });
  field.addEventListener("input", () => { field.setCustomValidity(""); choose(); suggest(); });
  field.addEventListener("change", settle);
}

// Folded where room is scarce; until this is known the page shows neither what has to go nor what has to come.
export function settleFilters(narrow) {
  const box = document.querySelector(".filter-box");
  box.open = !narrow;
  box.classList.remove("unsettled");
}
