/** The square around a stone, cut out of a photograph, and its backdrop covered: models/images/crop.py. */

/** @import {Description} from "./description.js" */
/** @import {Picture, Square} from "./picture.js" */

import { toEven } from "./numbers.js";
import { larger, smaller } from "./resize.js";

/**
 * Return the smallest square around all of a picture.
 * @param {{width: number, height: number}} picture
 * @returns {Square}
 */
export function wholePicture({ width, height }) {
  const side = Math.max(width, height);
  return { x: Math.floor((width - side) / 2), y: Math.floor((height - side) / 2), side };
}

/**
 * Cut a square out and bring it to a size.
 * @param {Picture} picture
 * @param {Square} square
 * @param {number} size the side of the result
 * @param {Description} description
 * @returns {Picture}
 * @throws {RangeError} if the square lies outside the picture
 */
export function cropped(picture, square, size, description) {
  const { largest_side } = description.cropping;
  const left = Math.max(0, square.x);
  const top = Math.max(0, square.y);
  const right = Math.min(picture.width, square.x + square.side);
  const bottom = Math.min(picture.height, square.y + square.side);
  if (left >= right || top >= bottom) throw new RangeError("The square lies outside the picture.");
  if (square.side > largest_side) {
    const scale = largest_side / square.side;
    const width = Math.max(1, toEven((right - left) * scale));
    const height = Math.max(1, toEven((bottom - top) * scale));
    const part = { x: left, y: top, width: right - left, height: bottom - top };
    const inside = { width, height, data: smaller(picture, part, width, height) };
    // Measured from the first pixel inside, so that rounding cannot push the square off the picture.
    const [x, y] = [toEven((square.x - left) * scale), toEven((square.y - top) * scale)];
    return cropped(inside, { x, y, side: largest_side }, size, description);
  }
  const part = { x: square.x, y: square.y, width: square.side, height: square.side };
  const resized = square.side > size ? smaller : larger;
  return { width: size, height: size, data: resized(picture, part, size, size) };
}

/**
 * Put plain grey in the place of the backdrop.
 * @param {Picture} crop
 * @param {Uint8Array} stone how much of each pixel is stone, of 255
 * @param {Description} description
 * @returns {Picture}
 */
export function covered(crop, stone, { cropping: { background } }) {
  const data = new Uint8ClampedArray(crop.data);
  stone.forEach((share, pixel) => {
    const backdrop = background * (255 - share) + 127; // and what rounds
    for (let place = 4 * pixel; place < 4 * pixel + 3; place += 1) {
      data[place] = Math.floor((/** @type {number} */ (data[place]) * share + backdrop) / 255);
    }
  });
  return { ...crop, data };
}

/**
 * Return the pixels as a network takes them.
 * @param {Picture} picture
 * @returns {Uint8Array} RGB
 */
export function withoutAlpha({ data }) {
  const rgb = new Uint8Array((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    rgb[to] = /** @type {number} */ (data[from]);
    rgb[to + 1] = /** @type {number} */ (data[from + 1]);
    rgb[to + 2] = /** @type {number} */ (data[from + 2]);
  }
  return rgb;
}
