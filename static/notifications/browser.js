// Shows messages in this browser, or ends them.
const button = document.getElementById("browser-button");
const state = document.getElementById("browser-state");
const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
let subscription = null;

if (button) start();

async function start() {
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    say("This browser cannot show messages. On an iPhone, add this site to the home screen first.");
    return;
  }
  const registration = await navigator.serviceWorker.getRegistration(button.dataset.worker);
  subscription = (await registration?.pushManager.getSubscription()) ?? null;
  // a browser that somebody else used shows theirs, until it is asked to show these
  if (subscription && !(await isKnown(subscription.endpoint))) subscription = null;
  button.addEventListener("click", () => run(subscription ? end : begin));
  show();
}

async function run(action) {
  button.disabled = true;
  try {
    await action();
    show();
  } catch (error) {
    say(error.message);
  }
  button.disabled = false;
}

async function begin() {
  if ((await Notification.requestPermission()) !== "granted") {
    throw new Error("The browser does not let this site show messages. Allow it in the browser's settings for this page.");
  }
  await navigator.serviceWorker.register(button.dataset.worker);
  const registration = await ready();
  const wanted = { userVisibleOnly: true, applicationServerKey: bytes(button.dataset.key) };
  const made = await registration.pushManager.subscribe(wanted).catch(async (error) => {
    // subscribed with a former key of this site
    const former = await registration.pushManager.getSubscription();
    if (!former) throw new Error(`The browser's push service does not answer (${error.message}).`);
    await former.unsubscribe();
    return registration.pushManager.subscribe(wanted);
  });
  await post(button.dataset.subscribe, { ...made.toJSON(), label: name() });
  subscription = made;
  location.reload();
}

async function end() {
  await post(button.dataset.unsubscribe, { endpoint: subscription.endpoint });
  await subscription.unsubscribe();
  subscription = null;
  location.reload();
}

async function ready() {
  const registration = await navigator.serviceWorker.getRegistration(button.dataset.worker);
  const worker = registration.installing ?? registration.waiting;
  if (!registration.active && worker) {
    await new Promise((done) => worker.addEventListener("statechange", () => worker.state === "activated" && done()));
  }
  return registration;
}

async function post(address, body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token() };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  if (answer.ok) return;
  const said = await answer.json().catch(() => ({}));
  throw new Error(said.detail || "It did not work. Load the page again and try once more.");
}

async function isKnown(endpoint) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  const text = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return button.dataset.known.split(" ").includes(text);
}

function show() {
  button.hidden = false;
  button.textContent = subscription ? "Stop showing them here" : "Show them here";
  if (subscription) say("This browser shows your messages.");
  else if (Notification.permission === "denied") {
    say("You have blocked messages of this site. Allow them in the browser's settings for this page.");
  }
}

function say(text) {
  state.textContent = text;
}

function name() {
  const agent = navigator.userAgent;
  const browser = /Edg\//.test(agent) ? "Edge" : /Firefox\//.test(agent) ? "Firefox" : /Chrome\//.test(agent) ? "Chrome" : /Safari\//.test(agent) ? "Safari" : "A browser";
  const place = /Android/.test(agent) ? "Android" : /iPhone|iPad/.test(agent) ? "iOS" : /Mac OS/.test(agent) ? "a Mac" : /Windows/.test(agent) ? "Windows" : "Linux";
  return `${browser} on ${place}`;
}

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}
