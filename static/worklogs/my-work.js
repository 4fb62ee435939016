// The job on the phone: says when there is no connection, and takes no second tap for the first of what comes next.
const SETTLE_MILLISECONDS = 450;

document.addEventListener("htmx:sendError", () => {
  const notice = document.querySelector("[data-no-connection]");
  if (notice) notice.hidden = false;
});

document.addEventListener("htmx:beforeRequest", () => {
  const notice = document.querySelector("[data-no-connection]");
  if (notice) notice.hidden = true;
});

document.addEventListener("htmx:afterSettle", ({ target }) => {
  const bar = document.querySelector("[data-bar]");
  if (!bar || !target.contains(bar)) return; // the bell, or a part of the job: the buttons are the same
  bar.inert = true;
  setTimeout(() => { bar.inert = false; }, SETTLE_MILLISECONDS);
  document.querySelector(".job-bar [role=alert]:not([hidden])")?.scrollIntoView({ block: "nearest" });
});

document.addEventListener("change", (event) => {
  const input = event.target.closest?.("[data-names]");
  if (!input) return;
  const names = [...input.files].map((file) => file.name).join(", ");
  input.closest("label").querySelector("[data-file-names]").textContent = names || "Take a photo";
});
