// What is entered on a phone is kept in this browser first, then sent in the order in which it was entered, and forgotten
// only when the site has it, or its person has read why it was refused.
import { allOf, forget, keep } from "./kept-answers.js";

const AGAIN_MILLISECONDS = 15000;
const GONE = "This work is not shown to you any more.";
const REFUSED = "The site did not take it.";
let unsent = 0;
let refused = 0;
let isAsked = false;
let running = null;

const person = () => document.querySelector("[data-person]")?.dataset.person;
export const waiting = async () => (await allOf(person())).filter((item) => !item.refused);

// `about` says in words what was entered, `at` when; what is entered later under the same key replaces it.
export async function enter(item) {
  unsent += 1;
  const title = document.querySelector("h1 bdi")?.textContent;
  await keep({ ...item, about: [title, item.about].filter(Boolean).join(", "), person: person() });
  await send();
}

export function send() {
  isAsked = true;
  running ??= sendAll().finally(() => { running = null; });
  return running;
}

async function sendAll() {
  while (isAsked && person()) {
    isAsked = false;
    for (let [item] = await waiting(); item && (await sent(item)); ) [item] = await waiting();
    await show();
  }
}

// The page hears “entered” with what the site answered; where it shows a refusal itself, it prevents the default.
async function sent(item) {
  const body = new FormData();
  for (const [name, value] of item.fields) body.append(name, value);
  body.append("answered_at", item.at);
  body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
  const response = await fetch(item.address, { method: "POST", body, headers: { "X-Kept": "1" } }).catch(() => null);
  if (!response || response.redirected || response.status >= 500 || [401, 403, 429].includes(response.status)) return false;
  const isPage = response.headers.get("Content-Type")?.startsWith("text/html") && [200, 422].includes(response.status);
  const text = isPage ? await response.text().catch(() => null) : "";
  if (text === null) return false;
  const page = new DOMParser().parseFromString(text, "text/html");
  const refusal = response.ok ? null : { ...item, key: `${item.key} ${item.at}`, refused: why(response, page) };
  if (refusal) await keep(refusal);
  await forget(item);
  const isShown = !document.dispatchEvent(new CustomEvent("entered", { cancelable: true, detail: { item, page } }));
  if (refusal && isShown) await forget(refusal);
  return true;
}

function why(response, page) {
  const words = page.querySelector("[data-job-problem] span:last-child, .step-problem:not([hidden])")?.textContent.trim();
  return words || (response.status === 404 ? GONE : REFUSED);
}

async function show(before = "") {
  const items = await allOf(person());
  const told = items.filter((item) => item.refused);
  refused = told.length;
  unsent = items.length - refused;
  const sign = document.querySelector("[data-unsent]");
  if (!sign) return;
  const fresh = sign.cloneNode();
  fresh.hidden = !items.length;
  if (unsent) fresh.append(paragraph(`${before}${unsent === 1 ? "1 entry is" : `${unsent} entries are`} kept on this device and will be sent when the connection is back.`));
  if (refused) {
    const read = Object.assign(document.createElement("button"), { type: "button", className: "job-button", textContent: "I have read it" });
    read.dataset.read = "";
    fresh.append(...told.map((item) => paragraph(`Not saved: ${item.about}. ${item.refused}`)), read);
  }
  sign.hidden = fresh.hidden;
  if (!sign.isEqualNode(fresh)) sign.replaceChildren(...fresh.childNodes);
}

const paragraph = (text) => Object.assign(document.createElement("p"), { textContent: text });

document.addEventListener("click", async (event) => {
  if (!event.target.closest?.("[data-read]")) return;
  for (const item of await allOf(person())) if (item.refused) await forget(item);
  await show();
});

// A job goes on only when the site has what was entered before, and nothing of it was refused.
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!unsent || !form.matches("#job form[action*='/do/']")) return;
  event.preventDefault();
  event.stopPropagation();
  const [before, job] = [refused, new URL("../../", form.action).href];
  await send();
  if ((await waiting()).some((item) => item.address.startsWith(job))) await show("Not yet possible: ");
  else if (refused === before && form.isConnected) form.requestSubmit(submitter?.form === form ? submitter : null);
}, true);

addEventListener("online", send);
document.addEventListener("visibilitychange", () => !document.hidden && send());
document.addEventListener("htmx:afterSettle", send);
setInterval(async () => person() && (await waiting()).length && send(), AGAIN_MILLISECONDS);
show().then(send);
