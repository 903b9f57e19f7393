/** The session on the device, for those who ask for it: an IndexedDB database that is made then and deleted on demand. */

/** @import {Specimen} from "./types.js" */

const NAME = "gemhier";
const TABLE = "stones";
const VERSION = 1;

/**
 * Return what an earlier visit left; null where it left nothing, since nobody asked for it.
 * @returns {Promise<Specimen[] | null>}
 */
export async function kept() {
  if (!("indexedDB" in globalThis) || !(await isThere())) return null;
  return inStore("readonly", (store) => store.getAll());
}

/**
 * Keep a stone. Of its photographs the small ones are kept, and the files where somebody said what it is.
 * @param {Specimen} specimen
 * @returns {Promise<unknown>}
 */
export function keep(specimen) {
  const photographs = specimen.photographs.map((one) => ({ ...one, source: specimen.right ? one.source : null }));
  return inStore("readwrite", (store) => store.put({ ...specimen, photographs }));
}

/**
 * @param {string} id of a stone that is not kept any longer
 * @returns {Promise<unknown>}
 */
export function forget(id) {
  return inStore("readwrite", (store) => store.delete(id));
}

/**
 * Delete the database with all that is in it.
 * @returns {Promise<void>}
 */
export function deleteAll() {
  if (!("indexedDB" in globalThis)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const asked = indexedDB.deleteDatabase(NAME);
    asked.onsuccess = () => resolve();
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("another window of this page is open"));
  });
}

/** @returns {Promise<boolean>} whether the database is there; asking does not make it */
async function isThere() {
  if (indexedDB.databases) return (await indexedDB.databases()).some(({ name }) => name === NAME);
  return new Promise((resolve) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => asked.transaction?.abort();
    asked.onerror = () => resolve(false);
    asked.onsuccess = () => {
      asked.result.close();
      resolve(true);
    };
  });
}

/**
 * Do one thing in the database, which is opened for it and closed again.
 * @template Result
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<Result>} act
 * @returns {Promise<Result>}
 */
async function inStore(mode, act) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(TABLE, mode);
      const asked = act(transaction.objectStore(TABLE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** @returns {Promise<IDBDatabase>} */
function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => asked.result.createObjectStore(TABLE, { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}
