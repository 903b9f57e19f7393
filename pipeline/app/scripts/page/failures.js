/** What went wrong, in words. */

/** @import {Text} from "./text.js" */

/** @type {Record<string, string>} the keys of an ImageError, and of the strings for them */
export const FAILURES = {
  empty: "failure.empty",
  unreadable: "failure.unreadable",
  heic: "failure.heic",
  "too-large": "failure.too-large",
  "too-small": "failure.too-small",
  memory: "failure.memory",
};

/**
 * @param {unknown} error
 * @param {Text} text
 * @returns {string}
 */
export function inWords(error, text) {
  const key = error instanceof Error && "key" in error ? FAILURES[String(error.key)] : undefined;
  if (key) return text(key);
  if (error instanceof RangeError && /alloc|memory|length/i.test(error.message)) return text("failure.memory");
  return text("failure.other", { reason: error instanceof Error ? error.message : String(error) });
}
