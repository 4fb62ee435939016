// The page of a work order: its buttons, the running timer, and names after “@”.
import { command } from "./commands.js";

document.querySelector(".object-actions")?.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-command]");
  if (!button) return;
  event.preventDefault();
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";
  const answer = await command(button.href, "asks" in button.dataset, "page");
  button.ariaDisabled = null;
  if (answer) location.reload();
});

function tick() {
  const clock = document.querySelector("#order-page [data-since]");
  if (!clock) return;
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(clock.dataset.since)) / 60000));
  clock.textContent = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")} h`;
}
tick();
setInterval(tick, 15000);
document.addEventListener("renewed", tick);

const text = document.getElementById("comment-text");
const list = document.getElementById("mention-list");
let found = [];
let picked = 0;

const typed = () => /(^|\s)@([^@\n]{0,40})$/.exec(text.value.slice(0, text.selectionStart));

function close() {
  list.hidden = true;
  text.setAttribute("aria-expanded", "false");
  text.removeAttribute("aria-activedescendant");
}

function draw() {
  list.replaceChildren(
    ...found.map((person, place) => {
      const option = document.createElement("li");
      option.id = `mention-${place}`;
      option.role = "option";
      option.textContent = person.name;
      option.setAttribute("aria-selected", String(place === picked));
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(person);
      });
      return option;
    }),
  );
  list.hidden = !found.length;
  text.setAttribute("aria-expanded", String(!list.hidden));
  if (found.length) text.setAttribute("aria-activedescendant", `mention-${picked}`);
}

function take(person) {
  const at = typed();
  const end = text.selectionStart;
  const start = end - at[2].length;
  text.setRangeText(`${person.name} `, start, end, "end");
  const kept = document.createElement("input");
  kept.type = "hidden";
  kept.name = "mentioned";
  kept.value = person.id;
  text.form.append(kept);
  close();
}

let asked = 0;
text?.addEventListener("input", async () => {
  const at = typed();
  const turn = (asked += 1);
  if (!at) return close();
  const address = document.getElementById("order-page").dataset.people;
  const answer = await fetch(`${address}?q=${encodeURIComponent(at[2])}`).catch(() => null);
  if (turn !== asked) return;
  found = answer?.ok ? (await answer.json()).people : [];
  picked = 0;
  draw();
});
text?.addEventListener("keydown", (event) => {
  if (list.hidden) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) picked = (picked + step + found.length) % found.length;
  else if (event.key === "Enter" || event.key === "Tab") take(found[picked]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  if (step) draw();
});
text?.addEventListener("blur", () => close());
