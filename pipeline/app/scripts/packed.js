/** What lies compressed in the page. */

/**
 * Take a block of data out of the page, which keeps it no longer.
 * @param {string} id of its element, which holds Base64 of gzip; with Base64 of every second byte after it, the first of
 *   all among them, where gzip holds the others
 * @returns {Promise<Uint8Array>}
 */
export async function unpacked(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page lacks ${id}.`);
  const [packed = "", plain] = element.textContent.trim().split(" ");
  element.remove();
  const stream = new Blob([bytesOf(packed)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return plain === undefined ? bytes : interleaved(bytesOf(plain), bytes);
}

/**
 * @param {Uint8Array} first as long as the others, or one longer
 * @param {Uint8Array} others
 * @returns {Uint8Array} one of each in turn
 */
function interleaved(first, others) {
  const bytes = new Uint8Array(first.length + others.length);
  for (let place = 0; place < first.length; place += 1) bytes[2 * place] = /** @type {number} */ (first[place]);
  for (let place = 0; place < others.length; place += 1) bytes[2 * place + 1] = /** @type {number} */ (others[place]);
  return bytes;
}

/**
 * @param {string} text Base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
function bytesOf(text) {
  /** @type {Uint8ArrayConstructor & {fromBase64?: (text: string) => Uint8Array<ArrayBuffer>}} */
  const native = Uint8Array;
  if (native.fromBase64) return native.fromBase64(text); // not in browsers from before 2025
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place += 1) bytes[place] = letters.charCodeAt(place);
  return bytes;
}
