// Makes a part of the page look like a newer one and touches only what differs, so that focus, scroll and what is open stay.
const key = (node) => node.id || node.dataset?.card || "";
const isAlike = (one, other) => one.nodeName === other.nodeName && key(one) === key(other);
const editable = "input:not([type=hidden], [type=button], [type=submit]), textarea, select, [contenteditable]";
const menu = "details[open]:not(.panel, .figures-table)";

function isChanged(field) {
  if (field.type === "file") return field.files.length > 0;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected) && field.selectedIndex > 0;
  return field.type !== "hidden" && "defaultValue" in field && field.value !== field.defaultValue;
}

// Whether somebody writes in it, has written in it, or has a menu of it open.
export function isInUse(node) {
  if (!(node instanceof Element)) return false;
  const active = document.activeElement;
  if (node.contains(active) && (active.matches(editable) || active.closest(menu))) return true;
  return [...node.querySelectorAll(editable), node].some((field) => field.matches(editable) && isChanged(field));
}

// What is left alone: forms and menus in use, what loads itself, and what scripts keep up by themselves.
function isKept(node) {
  if (node.matches("canvas, [data-keep], dialog[open], [hx-trigger^=load]")) return true;
  return node.matches(`form, ${menu}, ${editable}`) && isInUse(node);
}

// Whether it is open, or takes no taps for a moment, is up to the page.
const isOwn = (name) => name === "open" || name === "inert";

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !isOwn(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value && !isOwn(name)) old.setAttribute(name, value);
}

// The same one from here on: past others without a name for an element, right here for a text.
function counterpart(place, wanted) {
  let found = place;
  while (found && wanted.nodeType === Node.ELEMENT_NODE && !isAlike(found, wanted) && !key(found)) found = found.nextSibling;
  return found && isAlike(found, wanted) ? found : null;
}

// Removes what stands there no more, up to `end`; returns `end`.
function clear(place, end) {
  while (place !== end) {
    const next = place.nextSibling;
    if (!isInUse(place)) place.remove();
    place = next;
  }
  return end;
}

function children(old, fresh) {
  const known = new Map([...old.children].filter(key).map((child) => [key(child), child]));
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const named = key(wanted) && known.get(key(wanted));
    const found = key(wanted) ? named && isAlike(named, wanted) && named : counterpart(place, wanted);
    if (!found) old.insertBefore(document.importNode(wanted, true), place);
    else {
      if (!key(wanted)) place = clear(place, found);
      if (found === place) place = place.nextSibling;
      else old.insertBefore(found, place);
      update(found, wanted);
    }
  }
  clear(place, null);
}

function update(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.data = fresh.data;
    return;
  }
  if (isKept(old)) {
    old.dispatchEvent(new CustomEvent("kept", { bubbles: true, detail: fresh })); // for a script that keeps it up
    return;
  }
  attributes(old, fresh);
  children(old, fresh);
}

// The rows that are read stay where they are on the screen when others come in or go above them; one that itself goes elsewhere
// is not followed. At the top of the page what is new shows.
function hold(part) {
  const top = (row) => row.getBoundingClientRect().top;
  const isSeen = (row) => top(row) >= 0 && top(row) < innerHeight;
  const before = scrollY > 0 ? [...part.querySelectorAll("tr[id]")].filter(isSeen).map((row) => [row, top(row)]) : [];
  return () => {
    const shifts = before.filter(([row]) => row.isConnected).map(([row, at]) => top(row) - at).sort((one, other) => one - other);
    if (shifts.length) scrollBy({ top: shifts[shifts.length >> 1], behavior: "instant" });
  };
}

export function renew(part, fresh) {
  const active = document.activeElement;
  const held = part.contains(active) ? active : null;
  const settle = hold(part);
  update(part, fresh);
  settle();
  if (held && held !== document.activeElement) {
    const address = held.getAttribute("href");
    const same = held.isConnected ? held : address && part.querySelector(`a[href="${CSS.escape(address)}"]`);
    same?.focus({ preventScroll: true });
  }
}
