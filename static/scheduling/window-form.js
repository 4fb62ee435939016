// Asks what is in the way shortly after the person stops typing, and takes a suggested slot.
const panel = document.getElementById("window-check");
const form = panel?.closest("form");
let waiting;

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(() => window.htmx.trigger(panel, "check"), 250);
}

function write(name, moment) {
  const [day, time] = moment.split("T");
  form.elements[`${name}_0`].value = day;
  form.elements[`${name}_1`].value = time;
}

/** Keeps the length of the window when its start moves. */
let start = moment("starts_at");
function moment(name) {
  const day = form?.elements[`${name}_0`]?.value;
  const time = form?.elements[`${name}_1`]?.value;
  return day && time ? new Date(`${day}T${time}Z`) : null;
}
function follow(event) {
  if (!event.target.name?.startsWith("starts_at")) return;
  const [next, end] = [moment("starts_at"), moment("ends_at")];
  if (start && next && end && end > start && !Number.isNaN(+next)) {
    write("ends_at", new Date(+end + (next - start)).toISOString().slice(0, 16));
  }
  start = next || start;
}

form?.addEventListener("change", follow);
form?.addEventListener("input", later);
form?.addEventListener("change", later);
// Choosers that search on the server tell jQuery only.
window.django?.jQuery?.(form).on("select2:select select2:clear", later);
panel?.addEventListener("click", (event) => {
  const slot = event.target.closest("[data-starts]");
  if (!slot) return;
  write("starts_at", slot.dataset.starts);
  write("ends_at", slot.dataset.ends);
  start = moment("starts_at");
  window.htmx.trigger(panel, "check");
});
