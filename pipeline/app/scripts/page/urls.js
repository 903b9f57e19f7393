/** Addresses under which an image element shows what lies in memory. */

/** @type {WeakMap<Blob, string>} */
const urls = new WeakMap();

/**
 * @param {Blob} blob
 * @returns {string} the same for the same blob until it is released
 */
export function urlOf(blob) {
  const found = urls.get(blob) ?? URL.createObjectURL(blob);
  urls.set(blob, found);
  return found;
}

/**
 * Let the memory of blobs go that are not shown any more.
 * @param {Blob[]} blobs
 */
export function release(blobs) {
  for (const blob of blobs) {
    const url = urls.get(blob);
    if (url) URL.revokeObjectURL(url);
    urls.delete(blob);
  }
}
