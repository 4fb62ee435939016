// Shows which file was chosen, and marks the field while one is dragged over it.
const field = document.querySelector("[data-drop]");
if (field) {
  const input = field.querySelector("input");
  const label = field.querySelector("[data-chosen]");
  const empty = label.textContent;
  const show = () => { label.textContent = input.files.length ? input.files[0].name : empty; };
  // the theme's own listener looks for a text field that its file fields have and this one has not
  input.hasChangeListener = true;
  input.addEventListener("change", show);
  for (const name of ["dragenter", "dragover"]) input.addEventListener(name, () => field.classList.add("over"));
  for (const name of ["dragleave", "drop"]) input.addEventListener(name, () => field.classList.remove("over"));
  show();
}
