// Asks for a new preview shortly after the person stops typing.
const panel = document.getElementById("schedule-preview");
const form = panel?.closest("form");
let waiting;

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(() => window.htmx.trigger(panel, "preview"), 300);
}

form?.addEventListener("input", later);
form?.addEventListener("change", later);
// Choosers that search on the server tell jQuery only.
window.django?.jQuery?.(form).on("select2:select select2:clear", later);
