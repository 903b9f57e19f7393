/** What lies compressed in the page. */

/**
 * Take a block of data out of the page, which keeps it no longer.
 * @param {string} id of its element, which holds Base64 of gzip
 * @returns {Promise<Uint8Array>}
 */
export async function unpacked(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page lacks ${id}.`);
  const packed = bytesOf(element.textContent.trim());
  element.remove();
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
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
