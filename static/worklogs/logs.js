// A filter takes effect as soon as it is chosen.
const filters = document.querySelector(".log-filters");
filters?.querySelector(".log-apply").classList.add("visually-hidden");
filters?.addEventListener("change", (event) => event.target.matches("select") && filters.requestSubmit());
