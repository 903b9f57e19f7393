/** What lies compressed in the page, in pieces; a worker unpacks each while the browser reads on. */

/**
 * @typedef {object} Piece as pipeline/app/packing.py makes it
 * @property {string} name of what it is a piece
 * @property {string} part "packed" or "plain"
 * @property {number} left how many of that name follow
 * @property {string} text Base64
 *
 * @typedef {object} Awaited
 * @property {Promise<Uint8Array>} bytes
 * @property {(bytes: Uint8Array) => void} resolve
 * @property {(error: Error) => void} reject
 */

/**
 * Take all pieces out of the page, which keeps them no longer.
 * @template {string} Name
 * @param {Name[]} names of what is needed
 * @param {HTMLElement} room in which the pieces lie, perhaps not yet read to its end
 * @param {string} script of the worker
 * @returns {Record<Name, Promise<Uint8Array>>} each as soon as it is there
 */
export function unpacked(names, room, script) {
  /** @type {Map<string, Awaited>} */
  const awaited = new Map(names.map((name) => [name, awaiting()]));
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const worker = new Worker(address);

  /** @param {(name: string) => string} reason */
  const giveUp = (reason) => awaited.forEach(({ reject }, name) => reject(new Error(reason(name))));

  worker.onerror = ({ message }) => giveUp((name) => `${name} cannot be unpacked: ${message ?? "no worker starts"}`);
  worker.onmessage = ({ data: { name, bytes, failure } }) => {
    if (bytes) awaited.get(name)?.resolve(bytes);
    else awaited.get(name)?.reject(new Error(`${name} cannot be unpacked: ${failure}`));
  };

  const found = new Set();
  const handOver = () => {
    for (const piece of takenOut(room)) {
      worker.postMessage(piece);
      if (!piece.left) found.add(piece.name);
    }
  };
  const observer = new MutationObserver(handOver);
  observer.observe(room, { childList: true });
  handOver();
  allRead().then(() => {
    observer.disconnect();
    handOver();
    awaited.forEach(({ reject }, name) => found.has(name) || reject(new Error(`The page lacks ${name}.`)));
  });

  const all = Object.fromEntries([...awaited].map(([name, { bytes }]) => [name, bytes]));
  Promise.allSettled(Object.values(all)).then(() => {
    worker.terminate();
    URL.revokeObjectURL(address);
  });
  return /** @type {Record<Name, Promise<Uint8Array>>} */ (all);
}

/**
 * Take out the pieces that have been read to their ends.
 * @param {HTMLElement} room
 * @returns {Generator<Piece>}
 */
function* takenOut(room) {
  /** @type {NodeListOf<HTMLElement>} */
  const elements = room.querySelectorAll("script[data-of]");
  for (const element of elements) {
    if (!element.nextSibling && document.readyState === "loading") return;
    const { of: name = "", part = "", left } = element.dataset;
    yield { name, part, left: Number(left), text: element.textContent };
    element.remove();
  }
}

/**
 * Wait until the browser has read the page to its end.
 * @returns {Promise<void>}
 */
async function allRead() {
  if (document.readyState !== "loading") return;
  await new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));
}

/** @returns {Awaited} */
function awaiting() {
  /** @type {Partial<Awaited>} */
  const made = {};
  made.bytes = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return /** @type {Awaited} */ (made);
}
