// Gives a work order a command: asks first in a dialog where something is needed.
const dialog = document.getElementById("command-dialog");
const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
let settle = () => {};

dialog?.addEventListener("close", () => settle(null));
dialog?.addEventListener("click", (event) => {
  if (!event.target.closest("[data-closes]")) return;
  event.preventDefault();
  dialog.close();
});
dialog?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  const answer = await post(form.action, new FormData(form), dialog.dataset.where);
  if (answer.page) show(answer.page);
  else finish(answer);
});

// Resolves to the answer, or to null when the person thought better of it.
// `address`: the command's page; `asks`: whether it needs something; `where`: "board" or "page".
export async function command(address, asks, where) {
  if (!asks) return post(address, new FormData(), where);
  const page = await fetch(address, { headers: { "X-Dialog": where } }).catch(() => null);
  if (!page?.ok) return failed(page);
  dialog.dataset.where = where;
  return new Promise((answered) => {
    settle = answered;
    show(page.text());
    dialog.showModal();
  });
}

async function show(text) {
  dialog.innerHTML = await text;
  dialog.querySelector(".command-form :is(input:not([type=hidden]), select, textarea)")?.focus();
}

function finish(answer) {
  const answered = settle;
  settle = () => {};
  dialog.close();
  answered(answer);
}

async function post(address, body, where) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "X-Dialog": where, "X-CSRFToken": token() },
    body,
  }).catch(() => null);
  if (answer?.status === 422) return { page: answer.text() };
  return answer?.ok ? { ok: true, ...(await answer.json()) } : failed(answer);
}

async function failed(answer) {
  const isJson = answer?.headers.get("Content-Type")?.includes("json");
  const detail = isJson ? (await answer.json()).detail : "";
  if (answer?.status === 403 && !detail) return { ok: false, detail: "Your role does not include this." };
  return { ok: false, detail: detail || "That did not work. Check the connection and try again." };
}
