// The editor of a checklist: steps come, go and change places; conditions offer the answers of the steps before.
const form = document.getElementById("checklist-form");
const list = form.querySelector("[data-steps]");
const blank = form.querySelector("template[data-blank]");
const BLANK = "new-step";
const FAULT = "!";

const cards = () => [...list.children];
const input = (card, name) => card.querySelector(`[name^="${name}:"]`);
const keyOf = (card) => card.querySelector("[name=step]").value;

function add() {
  const key = `s-${crypto.getRandomValues(new Uint32Array(2)).reduce((text, part) => text + part.toString(36), "")}`.slice(0, 40);
  const card = document.importNode(blank.content, true).firstElementChild;
  for (const field of card.querySelectorAll("[name]")) field.name = field.name.replace(BLANK, key);
  card.querySelector("[name=step]").value = key;
  list.append(card);
  refresh();
  input(card, "text").focus();
}

function answersOf(card) {
  const kind = input(card, "kind").value;
  if (kind === "check") return ["yes", "no"];
  const options = input(card, "options").value.split("\n").map((line) => line.trim()).filter(Boolean);
  if (kind === "choice") {
    const labels = options.map((line) => line.replace(FAULT, "").trim());
    return options.some((line) => line.startsWith(FAULT)) ? [...labels, "passed", "failed"] : labels;
  }
  const hasLimits = ["minimum", "maximum"].some((name) => input(card, name).value.trim());
  return ["number", "meter"].includes(kind) && hasLimits ? ["passed", "failed"] : [];
}

function fill(select, choices, chosen) {
  select.replaceChildren(...choices.map(([value, label]) => new Option(label, value, false, value === chosen)));
}

function refresh() {
  const all = cards();
  for (const [index, card] of all.entries()) {
    card.dataset.kind = input(card, "kind").value;
    card.querySelector("[data-number]").textContent = index + 1;
    card.querySelector("[data-up]").disabled = index === 0;
    card.querySelector("[data-down]").disabled = index === all.length - 1;
    const before = all.slice(0, index).map((one, place) => ({ card: one, place })).filter((one) => answersOf(one.card).length);
    const steps = card.querySelector("[data-if-step]");
    const answers = card.querySelector("[data-if-answer]");
    const step = before.find((one) => keyOf(one.card) === (steps.dataset.chosen || ""));
    fill(steps, [["", "always"], ...before.map((one) => [keyOf(one.card), `only if step ${one.place + 1}`])], step ? keyOf(step.card) : "");
    fill(answers, (step ? answersOf(step.card) : []).map((text) => [text, text]), answers.dataset.chosen);
    card.querySelector("[data-if-part]").hidden = !step;
    card.querySelector(".for-fault").hidden = !(card.dataset.kind === "check" || answersOf(card).includes("failed"));
  }
}

form.addEventListener("change", (event) => {
  if (event.target.matches("[data-if-step], [data-if-answer]")) event.target.dataset.chosen = event.target.value;
  if (event.target.matches("[data-found]")) form.querySelector("[data-chosen-schedules]").append(event.target.closest("label"));
  refresh();
}, true);

form.addEventListener("click", (event) => {
  const card = event.target.closest("li");
  if (event.target.closest("[data-add]")) add();
  else if (event.target.closest("[data-up]")) card.previousElementSibling?.before(card);
  else if (event.target.closest("[data-down]")) card.nextElementSibling?.after(card);
  else if (event.target.closest("[data-remove]")) card.remove();
  else return;
  refresh();
  form.dispatchEvent(new Event("redraw"));
});

refresh();
if (!cards().length) add();
