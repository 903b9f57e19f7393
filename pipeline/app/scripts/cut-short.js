/** JPEG files that end too early, with the missing end made up: models/images/endings.py, for scans in one piece. */

/** @import {Picture} from "./picture.js" */

const ROOM = 4096; // bytes, besides as many as the file has
const END = Uint8Array.of(0xff, 0xd9);
const MARKERS = { frame: 0xc0, extended: 0xc1, scan: 0xda, restarts: 0xdd };

/**
 * Decode a file with two different ends: the pixels are alike wherever they are in the file, and differ where they are
 * made up.
 * @param {Blob} source
 * @param {(source: Blob) => Promise<Picture>} decode
 * @param {number} most the share of its pixels that may be missing
 * @returns {Promise<Picture | null>} null where more is missing, or it is another kind of file
 */
export async function withAnEnd(source, decode, most) {
  if (!isInOnePiece(new Uint8Array(await source.arrayBuffer()))) return null;
  const room = ROOM + source.size;
  const other = Uint8Array.from({ length: room }, (_, place) => (place % 2 ? 0 : 0xff)); // bits that are all 1
  const one = await decode(new Blob([source, new Uint8Array(room), END]));
  const two = await decode(new Blob([source, other, END]));
  return share(one, two) > most ? null : one;
}

/**
 * Return whether a file is a JPEG whose pixels follow each other from the first to the last: neither progressive, nor
 * with restarts, after which decoders go on elsewhere.
 * @param {Uint8Array} bytes
 * @returns {boolean}
 */
function isInOnePiece(bytes) {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return false;
  let isPlain = false;
  for (let place = 2; bytes[place] === 0xff; ) {
    const [, marker = 0, high = 0, low = 0] = bytes.subarray(place, place + 4);
    if (marker === MARKERS.restarts) return false;
    if (marker === MARKERS.scan) return isPlain;
    isPlain ||= marker === MARKERS.frame || marker === MARKERS.extended;
    place += 2 + 256 * high + low;
  }
  return false;
}

/**
 * Return which share of a picture the smallest rectangle covers in which it differs from another of its size.
 * @param {Picture} one
 * @param {Picture} other
 * @returns {number}
 */
function share({ width, height, data }, other) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let place = 0; place < data.length; place += 1) {
    if (data[place] === other.data[place]) continue;
    const pixel = Math.floor(place / 4);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  return right < 0 ? 0 : ((right - left + 1) * (bottom - top + 1)) / (width * height);
}
