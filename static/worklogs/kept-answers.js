// What the site does not have yet, kept in this browser: it survives a reload and a lost connection.
const NAME = "answers";

function opened() {
  return new Promise((done, fail) => {
    const request = indexedDB.open("mainstay", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(NAME, { keyPath: "key" });
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

async function act(mode, work) {
  const database = await opened();
  try {
    return await new Promise((done, fail) => {
      const transaction = database.transaction(NAME, mode);
      const request = work(transaction.objectStore(NAME));
      transaction.oncomplete = () => done(request?.result);
      transaction.onerror = transaction.onabort = () => fail(transaction.error);
    });
  } finally {
    database.close();
  }
}

// Where the browser keeps nothing, an answer lasts as long as its page.
const unkept = new Map();

export async function keep(item) {
  unkept.delete(item.key);
  await act("readwrite", (store) => store.put(item)).catch(() => unkept.set(item.key, item));
}

// Unless something newer was answered there meanwhile.
export async function forget(item) {
  if (unkept.get(item.key)?.at === item.at) unkept.delete(item.key);
  const now = await act("readonly", (store) => store.get(item.key)).catch(() => null);
  if (now?.at === item.at) await act("readwrite", (store) => store.delete(item.key));
}

// Of this person: whoever signs in next on the same device sends nothing in their name.
export async function allOf(person) {
  const items = await act("readonly", (store) => store.getAll()).catch(() => []);
  return [...items, ...unkept.values()].filter((item) => item.person === person).sort((a, b) => a.at.localeCompare(b.at));
}
