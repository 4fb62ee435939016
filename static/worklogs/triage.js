// Keys of the triage inbox. Each only does what a link or a button of the page does; they can be turned off.
const page = document.querySelector("[data-triage]");
const help = page.querySelector(".triage-help");
const choice = help.querySelector("[data-keys]");
const decisions = [...page.querySelectorAll("[data-decision]")];
const KEYS = "triage-keys";

choice.checked = localStorage.getItem(KEYS) !== "off";
choice.addEventListener("change", () => localStorage.setItem(KEYS, choice.checked ? "on" : "off"));
page.querySelector("[data-help]").addEventListener("click", () => help.showModal());

function open(decision) {
  for (const other of decisions) other.open = other === decision;
  decision.scrollIntoView({ block: "nearest" });
}

function firstField(decision) {
  return decision.querySelector("input:checked, input:not([type=hidden]), select, textarea");
}

for (const decision of decisions) {
  decision.addEventListener("toggle", () => decision.open && firstField(decision)?.focus());
}

function isTyping(target) {
  return target.closest("input:not([type=radio]):not([type=checkbox]), select, textarea, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const opened = decisions.find((one) => one.open);
  if (event.key === "Escape" && opened) {
    opened.open = false;
    opened.querySelector("summary").focus();
    return;
  }
  if (event.key === "Enter" && opened && event.target.closest("select") && opened.contains(event.target)) {
    event.preventDefault(); // as Enter does in the other fields
    opened.querySelector("form").requestSubmit();
    return;
  }
  if (!choice.checked || isTyping(event.target)) return;
  const link = page.querySelector(`[data-move="${CSS.escape(event.key)}"]`);
  const decision = decisions.find((one) => one.dataset.decision === event.key);
  if (event.key === "?") help.showModal();
  else if (link) link.click();
  else if (decision) open(decision);
  else return;
  event.preventDefault();
});

// Only the list moves, and only where it is beside the report: on the phone it lies below it.
const list = page.querySelector(".triage-list");
const chosen = list.querySelector("[aria-current]");
if (chosen) list.scrollTop = chosen.offsetTop - list.clientHeight / 2;
page.dataset.ready = ""; // keys count from now on
