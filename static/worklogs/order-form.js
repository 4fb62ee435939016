// Asks for the computed priority shortly after the person stops typing.
const panel = document.getElementById("order-judged");
const form = panel?.closest("form");
let waiting;

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(() => window.htmx.trigger(panel, "judge"), 300);
}

form?.addEventListener("change", later);
form?.addEventListener("input", later);
// Choosers that search on the server tell jQuery only.
window.django?.jQuery?.(form).on("select2:select select2:clear", later);
