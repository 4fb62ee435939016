// A checklist: every answer is kept in this browser first, then sent, and forgotten only when the site has it.
import { allOf, forget, keep } from "./kept-answers.js";

const AGAIN_MILLISECONDS = 15000;
let sending = false;

const root = () => document.querySelector("[data-checklist]");
const forms = () => [...document.querySelectorAll("form[data-step]")];

document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("form[data-step]");
  if (!form) return;
  event.preventDefault();
  event.stopPropagation();
  answered(form, event.submitter);
}, true);

document.addEventListener("change", (event) => {
  const input = event.target.closest?.("[data-saves]");
  if (!input?.form?.matches("[data-step]")) return;
  event.stopPropagation(); // the theme's own file field would look for its text box
  if (input.type !== "file" || input.files.length) answered(input.form, null);
}, true);

async function answered(form, button) {
  const fields = [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && !(value instanceof File && !value.size));
  if (button?.name) fields.push([button.name, button.value]);
  const canvas = form.querySelector("[data-sign]");
  if (canvas) {
    if (!canvas.dataset.signed) return tell(form, "Sign in the field first.");
    fields.push(["file", new File([await picture(canvas)], "signature.png", { type: "image/png" })]);
  }
  const text = fields.find(([name]) => name === "value")?.[1] ?? "";
  if (["number", "meter", "text"].includes(form.dataset.step) && !text.trim()) return;
  const isPhoto = form.dataset.step === "photo";
  const at = new Date().toISOString();
  tell(form, "");
  mark(form, text);
  if (isPhoto) form.reset();
  await keep({
    key: `${form.action}${isPhoto ? `#${at}` : ""}`,
    address: form.action,
    person: root().dataset.person,
    fields,
    at,
  });
  await send();
}

async function send() {
  if (sending || !root()) return;
  sending = true;
  try {
    for (const item of await waiting()) {
      if (!(await sent(item))) break;
    }
  } finally {
    sending = false;
  }
  const left = await waiting();
  show(left.length);
  if (left.length && navigator.onLine && left.some((item) => !item.failed)) send();
}

async function sent(item) {
  const body = new FormData();
  for (const [name, value] of item.fields) body.append(name, value);
  body.append("answered_at", item.at);
  body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
  let response;
  try {
    response = await fetch(item.address, { method: "POST", body, headers: { "X-Checklist": "1" } });
  } catch {
    return failed(item);
  }
  if (response.redirected || response.status >= 500 || [401, 403, 429].includes(response.status)) return failed(item);
  await forget(item);
  if (response.headers.get("Content-Type")?.startsWith("text/html") && [200, 422].includes(response.status)) {
    merge(parsed(await response.text()), item.address);
  }
  return true;
}

async function failed(item) {
  failedAt.set(item.key, item.at);
  return false;
}

const failedAt = new Map();

async function waiting() {
  const items = await allOf(root()?.dataset.person);
  for (const item of items) item.failed = failedAt.get(item.key) === item.at;
  return items;
}

const parsed = (text) => new DOMParser().parseFromString(text, "text/html").querySelector("[data-checklist]");

// Steps that are being written in, or whose answer still waits, keep their inputs; everything else is as the site says.
// What has not changed is not touched, and a file field lives on: somebody may be tapping the one, or taking a photo for
// the other.
async function merge(fresh, address) {
  const list = root()?.querySelector("ol");
  if (!fresh || !list) return;
  const kept = new Set((await waiting()).map((item) => item.address));
  const token = list.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  for (const field of fresh.querySelectorAll("[name=csrfmiddlewaretoken]")) field.setAttribute("value", token);
  document.querySelector("[data-job-problem]")?.remove(); // what was missing is less now
  root().querySelector("[data-progress]").replaceWith(fresh.querySelector("[data-progress]"));
  const wanted = [...fresh.querySelectorAll("ol > li")];
  const keys = new Set(wanted.map((item) => item.dataset.key));
  for (const item of [...list.children]) if (!keys.has(item.dataset.key)) item.remove();
  let previous = null;
  for (const item of wanted) {
    const own = [...list.children].find((one) => one.dataset.key === item.dataset.key);
    const inside = [...(own?.querySelectorAll("form[data-step]") ?? [])];
    const isSent = inside.some((form) => form.action === address);
    const isBusy = own && !isSent && (isWrittenIn(own) || own.contains(document.activeElement) || inside.some((form) => kept.has(form.action)));
    const focused = own?.contains(document.activeElement) ? [...own.querySelectorAll("button, input, textarea")].indexOf(document.activeElement) : -1;
    const stays = isBusy || own?.isEqualNode(item);
    const node = stays ? own : document.importNode(item, true);
    if (own && !stays) {
      keepFiles(own, node);
      own.replaceWith(node);
    } else if (!own && previous) previous.after(node);
    else if (!own) list.prepend(node);
    if (!stays && focused >= 0) node.querySelectorAll("button, input, textarea")[focused]?.focus({ preventScroll: true });
    previous = node;
  }
}

// What others answered meanwhile: it comes with the page of the job, and is fetched where the page loads the checklist.
document.addEventListener("kept", (event) => event.target === root() && merge(event.detail));
document.addEventListener("live", (event) => {
  const { checklistAddress } = event.target.dataset;
  if (!checklistAddress) return;
  event.preventDefault();
  event.detail.push(follow(checklistAddress));
}, true);

async function follow(address) {
  const response = await fetch(address, { cache: "no-store" }).catch(() => null);
  if (response?.ok && !response.redirected) merge(parsed(await response.text()));
}

const isWrittenIn = (item) => Boolean(item.querySelector("[data-signed]")) || [...item.querySelectorAll("input[name=value], textarea")].some((field) => field.value !== field.defaultValue);

function keepFiles(own, node) {
  const files = own.querySelector("input[type=file]");
  if (files) node.querySelector("input[type=file]")?.replaceWith(files);
}

// What the page fetches anew, as after "Start", takes nothing from under anybody's hands either.
let held = [];
let focused = null;
document.addEventListener("htmx:beforeSwap", () => {
  held = [...(root()?.querySelectorAll("ol > li") ?? [])].map((own) => [own, isWrittenIn(own)]);
  focused = document.activeElement;
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [own, isBusy] of held) {
    const fresh = document.getElementById(own.id);
    if (!fresh || fresh === own || !fresh.querySelector("form[data-step]")) continue;
    if (isBusy) fresh.replaceWith(own);
    else keepFiles(own, fresh);
    if (own.contains(focused) && isBusy) focused.focus({ preventScroll: true });
  }
  held = [];
});

function mark(form, text) {
  form.closest("li")?.classList.add("is-waiting");
  for (const button of form.querySelectorAll(".step-answer")) button.setAttribute("aria-pressed", String(button.value === text));
}

function tell(form, text) {
  const problem = form.closest("li")?.querySelector("[data-problem]");
  if (problem) Object.assign(problem, { textContent: text, hidden: !text });
}

function show(count) {
  const sign = root()?.querySelector("[data-unsent]");
  if (!sign) return;
  const answers = count === 1 ? "1 answer is" : `${count} answers are`;
  sign.textContent = count ? `${answers} kept on this device and will be sent when the connection is back.` : "";
  sign.hidden = !count;
}

// What waited when the page was left: shown as answered, and sent.
async function restore() {
  if (!root()) return;
  for (const item of await waiting()) {
    const form = forms().find((one) => one.action === item.address);
    if (!form) continue;
    const text = item.fields.find(([name]) => name === "value")?.[1] ?? "";
    mark(form, text);
    const input = form.querySelector("input[name=value], textarea[name=value]");
    if (input) input.value = text;
  }
  show((await waiting()).length);
  failedAt.clear();
  send();
}

function again() {
  failedAt.clear();
  send();
}

addEventListener("online", again);
document.addEventListener("visibilitychange", () => !document.hidden && again());
document.addEventListener("htmx:afterSettle", restore);
setInterval(async () => root() && (await waiting()).length && again(), AGAIN_MILLISECONDS);
restore();

// -- signing -----------------------------------------------------------------------------------------------------------

function place(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
}

document.addEventListener("pointerdown", (event) => {
  const canvas = event.target.closest?.("[data-sign]");
  if (!canvas) return;
  event.preventDefault();
  const pen = canvas.getContext("2d");
  Object.assign(pen, { lineWidth: 4, lineCap: "round", lineJoin: "round", strokeStyle: "#10202a" });
  pen.beginPath();
  pen.moveTo(...place(canvas, event));
  const draw = (moved) => {
    pen.lineTo(...place(canvas, moved));
    pen.stroke();
    canvas.dataset.signed = "1";
  };
  const end = () => {
    removeEventListener("pointermove", draw);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
  };
  addEventListener("pointermove", draw);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
});

document.addEventListener("click", (event) => {
  const canvas = event.target.closest?.("[data-clear]")?.form?.querySelector("[data-sign]");
  if (!canvas) return;
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  delete canvas.dataset.signed;
});

// On white, so that the signature can be read on any ground.
function picture(canvas) {
  const page = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
  const pen = page.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, page.width, page.height);
  pen.drawImage(canvas, 0, 0);
  return new Promise((done) => page.toBlob(done, "image/png"));
}
