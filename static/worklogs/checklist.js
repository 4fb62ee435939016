// A checklist: every answer waits on this device until the site has it.
import { enter, waiting } from "./sending.js";

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
  const about = form.closest("li").querySelector(".step-text span:last-child").textContent.replace(/\s+/g, " ").trim();
  await enter({ key: `${form.action}${isPhoto ? `#${at}` : ""}`, address: form.action, fields, at, about });
}

document.addEventListener("entered", (event) => {
  const { item, page } = event.detail;
  const fresh = page.querySelector("[data-checklist]");
  if (!fresh || !forms().some((form) => form.action === item.address)) return;
  event.preventDefault();
  merge(fresh, item.address);
});

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
  if (!response?.ok || response.redirected) return;
  merge(new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-checklist]"));
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

// What waited when the page was left is shown as answered.
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
}
document.addEventListener("htmx:afterSettle", restore);
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
