// Copies what an element says, and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
  const said = button.querySelector("[data-copied]");
  said.textContent = said.dataset.copied;
});
