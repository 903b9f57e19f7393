/** A photograph that cannot be used; `key` says why, by the page's table of strings. */

/** @typedef {"empty" | "unreadable" | "heic" | "too-small" | "too-large" | "memory"} ImageFault */

export class ImageError extends Error {
  /**
   * @param {ImageFault} key
   * @param {string} [detail] for the console
   */
  constructor(key, detail = key) {
    super(detail);
    this.name = "ImageError";
    this.key = key;
  }
}
