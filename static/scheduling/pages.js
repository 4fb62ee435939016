// Opens and closes the questions of a page.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
});

// On a narrow screen the tab in view may lie outside the row of tabs.
document.querySelector(".page-tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
