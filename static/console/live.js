// Keeps pages up with what happens. A part says by data-live what it shows: topics such as “work-order”, or one object such
// as “work-order/<id>”. When that changes, the part gets the event “live”: htmx fetches it where it is one of htmx's, a
// script may see to it by preventDefault() and put its promise into the event's detail, and all others are taken from the
// page, or from data-source, fetched once more. A part waits while anything fits its data-waits.
import { io } from "../vendor/socket.io-client/dist/socket.io.esm.min.js";
import { isInUse, renew } from "./renew.js";

const CALM = 1500;
const LEAST_PAUSE = 500;
const FREE = 250;
const PENANCE = 8;
const bar = document.getElementById("live");
const due = new Set();
const joined = new Set();
let late = new Set();
let planned = 0;
let rested = 0;
let isPressed = false;
let isCarrying = false;
let wasConnected = false;
let worry = 0;

const parts = () => [...document.querySelectorAll("[data-live]")];
const topicsOf = (part) => part.dataset.live.split(" ");
const sourceOf = (part) => part.source || part.dataset.source || location.href;
const isDue = (part) => late.has(part) || due.has("*") || topicsOf(part).some((topic) => due.has(topic));
const isWaiting = (part) => part.dataset.waits && document.querySelector(part.dataset.waits);

function hear(topics) {
  for (const topic of topics) due.add(topic);
  plan();
}

// What nobody looks at waits.
function plan() {
  if (planned || document.hidden || !(due.size || late.size)) return;
  planned = setTimeout(follow, Math.max(0, rested - Date.now()));
}

async function follow() {
  try {
    if (isPressed || isCarrying || isSelecting()) rested = Date.now() + 300;
    else await renewDue();
  } finally {
    planned = 0;
    plan();
  }
}

// The first hint is followed at once, those of a burst twice a second. Beyond a quarter second each part of an answer makes the
// page rest eight times as long: at 0.3 s it asks each 0.7 s, and what came just too late for one answer is shown by the next,
// a second after its hint; at 2 s it asks each 16 s, which leaves a busy site its time. A browser that is slow to draw gets as
// long for everything else.
async function renewDue() {
  const stale = parts().filter(isDue);
  late = new Set(stale.filter(isWaiting));
  due.clear();
  const began = Date.now();
  const detail = [];
  const isOurs = (part) => part.dispatchEvent(new CustomEvent("live", { cancelable: true, detail })) && !part.hasAttribute("hx-get");
  const rest = stale.filter((part) => !late.has(part) && isOurs(part));
  const asked = detail.map((answer) => Promise.resolve(answer).then(() => Date.now() - began));
  let answers = 0;
  for (const source of new Set(rest.map(sourceOf))) answers += await fetchAnew(source, rest.filter((part) => sourceOf(part) === source));
  answers = Math.max(answers, ...await Promise.all(asked));
  join();
  await new Promise((drawn) => setTimeout(drawn));
  const took = Date.now() - began;
  rested = began + Math.max(LEAST_PAUSE, took + PENANCE * (answers - FREE), took + (took - answers));
}

// Returns how long the answer took.
async function fetchAnew(source, stale) {
  const began = Date.now();
  const answer = await fetch(source, { cache: "no-store", headers: { "X-Live": "1" } }).catch(() => null);
  const text = await answer?.text().catch(() => null);
  const took = Date.now() - began;
  if (answer?.redirected && new URL(answer.url).pathname !== location.pathname) signedOut();
  if (answer?.ok && !answer.redirected && text) show(text, stale);
  return took;
}

function show(text, stale) {
  const page = new DOMParser().parseFromString(text, "text/html");
  for (const part of stale) {
    const fresh = page.getElementById(part.id);
    if (fresh) {
      renew(part, fresh);
      htmx.process(part);
      part.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
    } else if (!isInUse(document.getElementById("content"))) location.reload();
  }
}

// A person who drags, or marks text to copy it, is waited for.
function isSelecting() {
  const selection = getSelection();
  return !selection.isCollapsed && parts().some((part) => selection.containsNode(part, true));
}
addEventListener("pointerdown", () => { isPressed = true; }, true);
for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => { isPressed = false; }, true);
addEventListener("dragstart", () => { isCarrying = true; }, true);
for (const name of ["dragend", "drop"]) addEventListener(name, () => { isCarrying = false; }, true);

document.addEventListener("visibilitychange", plan);

function say(text, action) {
  if (bar.dataset.says === text) return;
  bar.dataset.says = text;
  const sign = document.createElement("span");
  sign.className = "material-symbols-outlined";
  sign.ariaHidden = "true";
  sign.textContent = "cloud_off";
  const words = document.createElement("span");
  words.textContent = text;
  bar.replaceChildren(...(text ? [sign, words, ...(action ? [action] : [])] : []));
}

function offline() {
  say("Offline: what you see may be old");
}

function signedOut() {
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = "Sign in";
  say("You are signed out: what you see may be old", link);
}

const socket = io({ transports: ["websocket", "polling"], tryAllTransports: true, auth: { events: false }, reconnectionDelayMax: 4000 });

const ask = (name, data) => socket.emitWithAck(name, data).catch(() => null);

// The objects that the page shows now; a renewed part may show others.
function join() {
  const fresh = new Set(parts().flatMap(topicsOf).filter((topic) => topic.includes("/") && !joined.has(topic)));
  for (const subject of fresh) joined.add(subject);
  return Promise.all([...fresh].map((subject) => ask("join", { subject })));
}

socket.on("connect", async () => {
  clearTimeout(worry);
  worry = 0;
  say("");
  joined.clear();
  await join();
  // Something may have happened while the page was on its way.
  if (wasConnected || (await ask("missed", { since: bar.dataset.since }))?.changed) hear(["*"]);
  wasConnected = true;
  bar.dataset.follows = "yes";
});
socket.on("changed", ({ topics }) => hear(topics));
socket.on("bell", () => hear(["bell"]));
socket.onAny((name, data) => { if (data?.subject) hear([data.subject]); });
socket.on("disconnect", (reason) => {
  delete bar.dataset.follows;
  fret();
  if (reason === "io server disconnect") socket.connect(); // refused where nobody is signed in any more
});
socket.on("connect_error", () => {
  if (socket.active) fret();
  else signedOut();
});

// A moment without connection is nothing to speak of.
function fret() {
  worry ||= setTimeout(offline, CALM);
}
addEventListener("offline", offline);
addEventListener("online", () => socket.disconnect().connect());
