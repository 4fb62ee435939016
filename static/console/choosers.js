// Choosers that search on the server are drawn by select2, which forgets to name what it draws.
function nameThem(root) {
  for (const drawn of root.querySelectorAll(".select2-container .select2-selection")) {
    const select = drawn.closest(".select2-container").previousElementSibling;
    const label = select?.id && document.querySelector(`label[for="${select.id}"]`);
    const name = label?.textContent.replace("*", "").trim() || select?.name.split("-").pop() || "Choose";
    drawn.setAttribute("aria-label", name);
    drawn.querySelector(".select2-selection__rendered")?.setAttribute("aria-label", name);
  }
}

// They are drawn whenever the theme gets round to it, and again when a choice is cleared.
new MutationObserver(() => nameThem(document)).observe(document.body, { childList: true, subtree: true });
nameThem(document);
