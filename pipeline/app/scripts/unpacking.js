/** From pieces of Base64 to the bytes that they were made of: what pipeline/app/packing.py does, backwards. */

/** @import {Piece} from "./packed.js" */

import { bytesOf } from "./base64.js";

/** Something that is unpacked piece by piece. */
export class Unpacking {
  #stream = new DecompressionStream("gzip");
  #writer = this.#stream.writable.getWriter();
  #packed = new Response(this.#stream.readable).arrayBuffer();
  /** @type {Promise<unknown>[]} */
  #written = [];
  /** @type {Uint8Array[]} */
  #plain = [];

  /** @param {Piece} piece the next one */
  add({ part, text }) {
    const bytes = bytesOf(text);
    if (part === "plain") this.#plain.push(bytes);
    else this.#written.push(this.#writer.write(bytes));
  }

  /** @returns {Promise<Uint8Array<ArrayBuffer>>} all of it, once the last piece was added */
  async bytes() {
    const [packed] = await Promise.all([this.#packed, this.#writer.close(), ...this.#written]);
    return this.#plain.length ? interleaved(this.#plain, new Uint8Array(packed)) : new Uint8Array(packed);
  }
}

/**
 * @param {Uint8Array[]} pieces of the first, together as long as the others, or one longer
 * @param {Uint8Array} others
 * @returns {Uint8Array<ArrayBuffer>} one of each in turn
 * @throws {RangeError} if bytes are missing
 */
function interleaved(pieces, others) {
  const length = pieces.reduce((all, { length }) => all + length, 0);
  if (length !== others.length && length !== others.length + 1) throw new RangeError("The file lacks its end.");
  const bytes = new Uint8Array(length + others.length);
  let place = 0;
  for (const piece of pieces) {
    for (const byte of piece) {
      bytes[place] = byte;
      place += 2;
    }
  }
  for (let other = 0; other < others.length; other += 1) bytes[2 * other + 1] = /** @type {number} */ (others[other]);
  return bytes;
}
