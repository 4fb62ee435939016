// Opens and closes the questions of a page.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
});

// Names what was chosen, beside a file field that looks like a button.
document.addEventListener("change", ({ target }) => {
  const said = target.type === "file" && target.closest("label")?.querySelector("[data-chosen]");
  if (said) said.textContent = Array.from(target.files, (file) => file.name).join(", ");
});

// On a narrow screen the tab in view may lie outside the row of tabs.
document.querySelector(".page-tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
