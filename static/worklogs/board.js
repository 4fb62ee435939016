// The board: cards are carried between states by pointer or by their menu; the server decides.
import { command } from "./commands.js";

const board = document.getElementById("board");
const drops = document.getElementById("board-drops");
const said = document.getElementById("board-said");
const columnOf = (status) => board.querySelector(`[data-column="${status}"]`);
const buttons = document.getElementById("card-moves").content;
// A card names the commands that it obeys; their buttons are drawn once for all cards.
const movesOf = (card) => card.dataset.moves.split(" ").filter(Boolean).map((name) => buttons.querySelector(`[data-move="${name}"]`));
const moveTo = (card, status) => movesOf(card).find((button) => button.dataset.target === status);
let dragged = null;
let silence;

function say(text, undo) {
  clearTimeout(silence);
  said.replaceChildren(document.createTextNode(text));
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Undo";
    button.addEventListener("click", undo);
    said.append(button);
  }
  silence = setTimeout(() => said.replaceChildren(), undo ? 12000 : 8000);
}

function count(status, by) {
  const shown = columnOf(status)?.querySelector(".board-count");
  if (shown && !shown.textContent.endsWith("+")) shown.textContent = String(Math.max(0, Number(shown.textContent) + by));
}

function place(card, answer) {
  const holder = document.createElement("template");
  holder.innerHTML = answer.card.trim();
  const fresh = holder.content.firstElementChild;
  const from = card.dataset.status;
  const column = columnOf(answer.status);
  if (answer.status === from) card.replaceWith(fresh);
  else {
    card.remove();
    count(from, -1);
    count(answer.status, 1);
    column?.querySelector(".board-cards").prepend(fresh);
  }
  fresh.classList.add("placed");
  setTimeout(() => fresh.classList.remove("placed"), 2500);
  fresh.querySelector(".card-title").focus({ preventScroll: true });
  return fresh;
}

async function give(card, name, asks) {
  card.querySelector("details[open]")?.removeAttribute("open");
  card.classList.add("busy");
  const address = `${board.dataset.order}${card.dataset.card}/${name}/`;
  const answer = await command(address, asks, "board");
  card.classList.remove("busy");
  if (!answer) return;
  if (!answer.ok) {
    say(`#${card.dataset.number} stays where it was. ${answer.detail}`);
    return;
  }
  const fresh = place(card, answer);
  say(answer.message, answer.undo && (() => give(fresh, answer.undo, false)));
}

board.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (button) give(button.closest("[data-card]"), button.dataset.move, "asks" in button.dataset);
});

// A page that follows what happens goes on showing as many cards as somebody asked for.
document.addEventListener("htmx:afterSettle", () => {
  const most = Math.max(...[...board.querySelectorAll(".board-cards")].map((cards) => cards.querySelectorAll("[data-card]").length));
  const address = new URL(location.href);
  address.searchParams.set("cards", String(most));
  document.getElementById("board-part").source = address.href;
});

// One menu at a time, drawn when it is opened; Escape closes it.
board.addEventListener("toggle", (event) => {
  if (!event.target.matches?.(".card-menu[open]")) return;
  const drawn = movesOf(event.target.closest("[data-card]")).map((button) => button.cloneNode(true));
  event.target.querySelector(".card-moves").replaceChildren(...drawn);
  for (const other of board.querySelectorAll(".card-menu[open]")) if (other !== event.target) other.open = false;
}, true);
document.addEventListener("click", (event) => {
  for (const menu of board.querySelectorAll(".card-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
board.addEventListener("keydown", (event) => {
  const menu = event.target.closest(".card-menu[open]");
  if (!menu || event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

board.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-card]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.number);
  const byColumn = new Set();
  for (const column of board.querySelectorAll(".board-column")) {
    const isOwn = column.dataset.column === dragged.dataset.status;
    const button = moveTo(dragged, column.dataset.column);
    column.classList.toggle("allowed", isOwn || Boolean(button));
    byColumn.add(button);
  }
  // The picture that is carried is taken first.
  requestAnimationFrame(() => {
    if (!dragged) return;
    dragged.classList.add("dragged");
    board.classList.add("dragging");
    // Moves that no column stands for have a place of their own at the foot.
    drops.replaceChildren(...movesOf(dragged).filter((button) => !byColumn.has(button)).map((button) => button.cloneNode(true)));
    drops.hidden = !drops.childElementCount;
  });
});
const placeUnder = (event) => event.target.closest(".board-column.allowed, .board-drops [data-move]");
for (const area of [board, drops]) {
  area.addEventListener("dragover", (event) => {
    const place = placeUnder(event);
    for (const other of document.querySelectorAll(".over")) if (other !== place) other.classList.remove("over");
    if (!dragged || !place) return;
    event.preventDefault();
    place.classList.add("over");
  });
  area.addEventListener("drop", (event) => {
    const place = placeUnder(event);
    event.preventDefault();
    const button = dragged && place && (place.dataset.move ? place : moveTo(dragged, place.dataset.column));
    if (button) give(dragged, button.dataset.move, "asks" in button.dataset);
  });
}
board.addEventListener("dragend", () => {
  dragged?.classList.remove("dragged");
  dragged = null;
  board.classList.remove("dragging");
  drops.hidden = true;
  for (const column of board.querySelectorAll(".board-column")) column.classList.remove("allowed", "over");
});

// On the phone the filters are folded away until they are asked for.
const filters = document.getElementById("board-filters");
filters.querySelector("[data-unfold]").addEventListener("click", () => {
  filters.classList.add("open");
  filters.querySelector("select").focus();
});
