// Answers that the site does not have yet, kept in this browser: they survive a reload and a lost connection.
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
      transaction.onerror = () => fail(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const keep = (item) => act("readwrite", (store) => store.put(item));

// Unless something newer was answered there meanwhile.
export async function forget(item) {
  const now = await act("readonly", (store) => store.get(item.key));
  if (now?.at === item.at) await act("readwrite", (store) => store.delete(item.key));
}

// Of this person: whoever signs in next on the same device sends nothing in their name.
export async function allOf(person) {
  const items = await act("readonly", (store) => store.getAll());
  return items.filter((item) => item.person === person).sort((a, b) => a.at.localeCompare(b.at));
}
