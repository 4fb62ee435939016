// Attributes follow the chosen type; attribute lines can be added and removed.
const attributes = document.getElementById("resource-attributes");
if (attributes) {
  const retype = () => window.htmx.trigger(attributes, "retype");
  document.getElementById("id_type")?.addEventListener("change", retype);
  window.django?.jQuery?.("#id_type").on("select2:select select2:clear", retype);
}

document.querySelector("[data-declarations]")?.addEventListener("click", (event) => {
  const lines = event.currentTarget;
  const line = event.target.closest(".declaration");
  if (event.target.closest("[data-add]")) {
    const all = lines.querySelectorAll(".declaration");
    const fresh = all[all.length - 1].cloneNode(true);
    for (const input of fresh.querySelectorAll("input")) input.value = "";
    for (const select of fresh.querySelectorAll("select")) select.selectedIndex = 0;
    all[all.length - 1].after(fresh);
    fresh.querySelector("[name$='-label']").focus();
  } else if (event.target.closest("[data-remove]")) {
    if (lines.querySelectorAll(".declaration").length > 1) line.remove();
    else for (const input of line.querySelectorAll("input")) input.value = "";
  }
});
