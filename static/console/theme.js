// The appearance chosen in the console, before anything is drawn and on pages outside its frame too.
const chosen = (localStorage.getItem("adminTheme") || "auto").replaceAll('"', "");
const dark = chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.classList.toggle(document.documentElement.dataset.dark ?? "dark", dark);
// From here on the theme switches it, and takes away only what it has set itself.
document.addEventListener("alpine:init", () => document.documentElement.classList.remove("dark"));
// It names a chosen file in the text box of its own file fields; it leaves alone those that have none.
Object.defineProperty(HTMLInputElement.prototype, "hasChangeListener", {
  get() { return !this.parentNode?.parentNode?.parentNode?.querySelector("input[type=text]"); },
  set(value) { Object.defineProperty(this, "hasChangeListener", { value }); },
});
