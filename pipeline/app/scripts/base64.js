/** Bytes that are written in letters. */

/**
 * @param {string} text Base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bytesOf(text) {
  /** @type {Uint8ArrayConstructor & {fromBase64?: (text: string) => Uint8Array<ArrayBuffer>}} */
  const native = Uint8Array;
  if (native.fromBase64) return native.fromBase64(text); // not in browsers from before 2025
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place += 1) bytes[place] = letters.charCodeAt(place);
  return bytes;
}
