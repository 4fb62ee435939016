// “Log completion”: at the desk the form opens in a dialog over the page, on the phone as a page of its own.
const desk = matchMedia("(min-width: 768px)");
let dialog = null;

function openDialog() {
  if (!dialog) {
    const sheet = new URL("worklogs.css", import.meta.url);
    if (!document.querySelector('link[href*="worklogs/worklogs"]')) {
      document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: sheet }));
    }
    dialog = document.createElement("dialog");
    dialog.className = "log-dialog logs";
    dialog.setAttribute("aria-label", "Log completion");
    document.body.append(dialog);
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    });
    dialog.addEventListener("submit", submitted);
    dialog.addEventListener("click", followed);
  }
  if (!dialog.open) dialog.showModal();
}

async function load(address, options = {}) {
  const response = await fetch(address, { ...options, headers: { "X-Dialog": "1" } });
  if (response.status === 204) {
    location.reload(); // the page says what was saved and what is due next
    return;
  }
  if (response.redirected || ![200, 422].includes(response.status)) {
    location.assign(address); // signed out, not enabled, gone: the page explains
    return;
  }
  dialog.innerHTML = await response.text();
  prepare(dialog);
  dialog.querySelector("input[type=search], button[type=submit]")?.focus();
  dialog.querySelector("[role=alert], .log-error")?.scrollIntoView({ block: "nearest" });
}

function submitted(event) {
  event.preventDefault();
  const form = event.target;
  if (form.method === "get") {
    const query = new URLSearchParams(new FormData(form));
    load(`${form.dataset.address}?${query}`);
    return;
  }
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  form.querySelector("[type=submit]").disabled = true;
  const body = new FormData(form);
  load(form.action, { method: "POST", body }).catch(() => {
    delete form.dataset.busy;
    form.querySelector("[type=submit]").disabled = false;
    let notice = form.querySelector("[data-offline]");
    if (!notice) {
      notice = Object.assign(document.createElement("p"), { className: "log-error" });
      notice.dataset.offline = "1";
      notice.setAttribute("role", "alert");
      form.querySelector(".log-submit").before(notice);
    }
    notice.textContent = "The site could not be reached. Nothing is lost: try again.";
  });
}

function followed(event) {
  const link = event.target.closest("a[data-inside]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  load(link.href);
}

function prepare(root) {
  for (const form of root.querySelectorAll("form[method=get]")) {
    form.dataset.address = form.getAttribute("action") || completionAddress;
  }
  for (const input of root.querySelectorAll("[data-previews]")) {
    input.addEventListener("change", (event) => {
      event.stopImmediatePropagation(); // the theme's own file field would look for its text box
      preview(input);
    }, { capture: true });
    if (input.files.length) preview(input); // chosen before this ran, or kept by the browser on the way back
  }
  for (const form of root.querySelectorAll("[data-completion]")) {
    form.querySelector("[name=performed_at]")?.addEventListener("change", () => ask(form));
  }
}

function preview(input) {
  const list = input.form.querySelector("[data-preview-list]");
  for (const item of list.querySelectorAll(`[data-of="${input.dataset.number ||= String(Math.random())}"]`)) item.remove();
  for (const file of input.files) {
    const item = document.createElement("li");
    item.dataset.of = input.dataset.number;
    if (file.type.startsWith("image/")) {
      const image = Object.assign(new Image(112, 112), { src: URL.createObjectURL(file), alt: file.name });
      image.addEventListener("load", () => URL.revokeObjectURL(image.src));
      item.append(image);
    } else {
      item.textContent = file.name;
    }
    list.append(item);
  }
}

async function ask(form) {
  const query = new URLSearchParams({ performed_at: form.elements.performed_at.value });
  const response = await fetch(`${form.dataset.question}&${query}`);
  if (response.ok) form.querySelector("[data-completion-question]").innerHTML = await response.text();
}

let completionAddress = location.pathname;
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-complete]");
  if (!link || !desk.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  completionAddress = link.pathname;
  openDialog();
  dialog.innerHTML = '<p class="log-note" role="status">Loading…</p>';
  load(link.href).catch(() => location.assign(link.href));
});
prepare(document);
