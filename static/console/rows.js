// Ticks rows of a list for an action: one, a stretch with Shift, the page, all there are. Asks the page each time which rows
// it has, for a list follows what happens.
const list = document.getElementById("changelist-form");
const boxes = () => [...list.querySelectorAll(".action-select")];
let last = null;

function tick(some, isTicked) {
  for (const box of some) {
    box.checked = isTicked;
    box.closest("tr").classList.toggle("selected", isTicked);
  }
}

function show(name, isShown) {
  for (const part of list.querySelectorAll(`.actions .${name}`)) part.classList.toggle("hidden", !isShown);
}

// Says how many are ticked; `isAcross` when all pages are meant.
function tell(isAcross = false) {
  const counter = list.querySelector(".action-counter");
  const page = list.querySelector(".action-toggle");
  if (!counter || !page) return;
  const all = boxes();
  const ticked = all.filter((box) => box.checked);
  counter.textContent = `${ticked.length} of ${all.length} selected`;
  page.checked = ticked.length === all.length;
  show("question", page.checked && !isAcross);
  show("clear", isAcross);
  show("all", isAcross);
  show("action-counter", !isAcross);
  for (const field of list.querySelectorAll(".select-across")) {
    field.value = isAcross ? 1 : 0;
    field.dispatchEvent(new Event("input"));
  }
}

// From the box ticked before to this one.
function stretch(box) {
  const all = boxes();
  const [first, final] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
  return first < 0 ? [box] : all.slice(first, final + 1);
}

list?.addEventListener("click", (event) => {
  const { target } = event;
  if (target.matches(".action-select")) {
    tick(event.shiftKey ? stretch(target) : [target], target.checked);
    last = target;
    tell();
  } else if (target.matches(".action-toggle")) {
    tick(boxes(), target.checked);
    tell();
  } else if (target.closest(".question a, .clear a")) {
    event.preventDefault();
    const isAcross = Boolean(target.closest(".question"));
    if (!isAcross) tick(boxes(), false);
    tell(isAcross);
  }
});
document.addEventListener("renewed", () => tell());
// The browser may have brought ticks back.
addEventListener("pageshow", () => { if (list) tell(); });
