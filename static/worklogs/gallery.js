// Photos open large over the page. Arrows turn the pages, Escape closes, the focus returns to the small picture.
let viewer = null;
let pictures = [];
let shown = 0;
let origin = null;

function build() {
  viewer = document.createElement("dialog");
  viewer.className = "log-viewer";
  viewer.setAttribute("aria-label", "Photo");
  viewer.innerHTML = `
    <button type="button" class="log-viewer-close" aria-label="Close"><span class="material-symbols-outlined" aria-hidden="true">close</span></button>
    <button type="button" class="log-viewer-previous" aria-label="Previous photo"><span class="material-symbols-outlined" aria-hidden="true">chevron_left</span></button>
    <figure><img alt=""><figcaption aria-live="polite"></figcaption></figure>
    <button type="button" class="log-viewer-next" aria-label="Next photo"><span class="material-symbols-outlined" aria-hidden="true">chevron_right</span></button>`;
  viewer.querySelector(".log-viewer-close").addEventListener("click", () => viewer.close());
  viewer.querySelector(".log-viewer-previous").addEventListener("click", () => show(shown - 1));
  viewer.querySelector(".log-viewer-next").addEventListener("click", () => show(shown + 1));
  viewer.addEventListener("click", (event) => event.target === viewer && viewer.close());
  viewer.addEventListener("close", () => origin?.focus());
  viewer.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) show(shown + step);
  });
  document.body.append(viewer);
}

function show(number) {
  shown = (number + pictures.length) % pictures.length;
  const small = pictures[shown].querySelector("img");
  const large = viewer.querySelector("img");
  large.src = pictures[shown].href;
  large.alt = small.alt;
  viewer.querySelector("figcaption").textContent = `${small.alt} (${shown + 1} of ${pictures.length})`;
  for (const name of ["previous", "next"]) viewer.querySelector(`.log-viewer-${name}`).hidden = pictures.length < 2;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-gallery] a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!viewer) build();
  origin = link;
  pictures = [...link.closest("[data-gallery]").querySelectorAll("a")];
  show(pictures.indexOf(link));
  viewer.showModal();
});
