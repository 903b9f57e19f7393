/** A worker beside the page: takes pieces of what lies in it, and gives the bytes back. */

/** @import {Piece} from "./packed.js" */

import { Unpacking } from "./unpacking.js";

/** @type {Map<string, Unpacking>} */
const begun = new Map();

/** @type {Worker} what posts to the page here, as `Worker` does there */
const page = /** @type {any} */ (globalThis);

page.onmessage = async ({ data }) => {
  /** @type {Piece} */
  const piece = data;
  const { name, left } = piece;
  try {
    const unpacking = begun.get(name) ?? new Unpacking();
    begun.set(name, unpacking);
    unpacking.add(piece);
    if (left) return;
    begun.delete(name);
    const bytes = await unpacking.bytes();
    page.postMessage({ name, bytes }, [bytes.buffer]);
  } catch (error) {
    page.postMessage({ name, failure: String(error) });
  }
};
