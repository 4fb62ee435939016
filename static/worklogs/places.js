// The places of a round on the phone: what is said of each shows at once, and waits on the device until the site has it.
import { renew } from "../console/renew.js";
import { enter, waiting } from "./sending.js";

document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("form[data-place]");
  if (!form) return;
  event.preventDefault();
  event.stopPropagation();
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
  if (event.submitter?.name) fields.push([event.submitter.name, event.submitter.value]);
  said(form, fields);
}, true);

async function said(form, fields) {
  const { resource, status, reason } = read(fields);
  const why = form.closest("details");
  if (why) {
    form.reset();
    why.open = false;
    why.querySelector("summary").focus({ preventScroll: true });
  }
  const name = document.querySelector(`#stop-${resource} bdi`).textContent;
  const about = `${name}: ${{ done: "done", open: "still to be done" }[status] ?? `not done, ${reason}`}`;
  const item = { key: `${form.action}#${resource}`, address: form.action, fields, at: new Date().toISOString(), about };
  mark(item);
  await enter(item);
}

// A reason that was tapped says as much as one that was written.
function read(fields) {
  const { resource, status, reason, why } = Object.fromEntries(fields);
  return { resource, status: why ? "not_done" : status, reason: why || reason };
}

const isHere = (item) => document.querySelector("[data-places]")?.dataset.places === new URL(item.address).pathname;

function mark(item) {
  const { resource, status, reason } = read(item.fields);
  const place = isHere(item) && document.getElementById(`stop-${resource}`);
  if (!place) return;
  place.className = `place is-${status} is-waiting`;
  const tick = place.querySelector(".place-tick");
  tick.value = status === "done" ? "open" : "done";
  tick.ariaPressed = String(status === "done");
  tick.firstElementChild.textContent = status === "not_done" ? "block" : "check";
  const [where, ...former] = place.querySelectorAll(".place-text > p");
  for (const one of former) one.remove();
  if (status === "not_done") where.parentElement.append(paragraph("place-reason", `Not done: ${reason}`));
  where.parentElement.append(paragraph("quiet", "Not sent yet"));
  const summary = place.querySelector(".place-why > summary");
  if (summary) summary.lastChild.textContent = status === "open" ? "Not done" : "Change";
  count();
}

const paragraph = (className, textContent) => Object.assign(document.createElement("p"), { className, textContent });

function count() {
  const route = document.querySelector("[data-places]");
  const [done, all] = [".place.is-done", ".place"].map((places) => route.querySelectorAll(places).length);
  route.querySelector(".places-head p").textContent = `${done} of ${all} done`;
  route.querySelector(".places-head progress").value = done;
  const complete = document.querySelector("button[form=complete-form]:not([name])");
  if (complete) complete.lastChild.textContent = "Complete"; // not all of them any more
}

async function markWaiting() {
  for (const item of await waiting()) mark(item);
}

// A refusal stands with all others that were not read yet, not among what the job says of itself.
document.addEventListener("entered", ({ detail: { item, page } }) => {
  const [job, fresh] = [document, page].map((one) => one.getElementById("job"));
  if (!fresh || !isHere(item)) return;
  fresh.querySelector("[data-job-problem]")?.remove();
  renew(job, fresh);
  htmx.process(job);
  markWaiting();
});
for (const name of ["renewed", "htmx:afterSettle"]) document.addEventListener(name, markWaiting);
markWaiting();
