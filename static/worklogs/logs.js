// A filter takes effect as soon as it is chosen; on the phone the filters fold away until they are wanted.
const filters = document.querySelector(".log-filters");
filters?.querySelector(".log-apply").classList.add("visually-hidden");
filters?.addEventListener("change", (event) => event.target.matches("select") && filters.requestSubmit());

const fold = filters?.querySelector(".log-more-filters");
const choices = filters?.querySelector(".log-filter-row");
const narrow = matchMedia("(max-width: 900px)");

function show(open) {
  choices.hidden = !open;
  fold.setAttribute("aria-expanded", String(open));
}

if (fold) {
  fold.hidden = false;
  const isSet = Boolean(choices.querySelector(".is-set"));
  const arrange = () => show(!narrow.matches || isSet);
  fold.addEventListener("click", () => show(choices.hidden));
  narrow.addEventListener("change", arrange);
  arrange();
}
