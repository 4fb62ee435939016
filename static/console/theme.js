// The appearance chosen in the console also counts on pages outside its frame.
const chosen = (localStorage.getItem("adminTheme") || "auto").replaceAll('"', "");
const dark = chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.classList.toggle("dark", dark);
