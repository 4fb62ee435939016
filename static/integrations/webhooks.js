// Copies what an element says, and says so. Where a browser does not let pages copy, it is marked for the person to do so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copies);
  const said = button.querySelector("[role=status]");
  try {
    await navigator.clipboard.writeText(source.textContent);
    said.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    said.textContent = "Marked: copy it now";
  }
});
