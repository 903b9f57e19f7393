/** Which way up a picture is looked at: models/images/turning.py. */

/** @import {Description} from "./description.js" */
/** @import {Picture, Square} from "./picture.js" */

import { at, sum } from "./numbers.js";

/** Pixels are turned in blocks of so many along each side, which the processor's cache holds. */
const BLOCK = 32;

/**
 * Return how many quarter turns, anticlockwise, bring the bright side of a picture up.
 * @param {Picture} picture
 * @param {Description} description
 * @returns {number} 0 to 3
 */
export function turnsUpright({ width, height, data }, { finding: { samples } }) {
  const [rows, columns] = [spread(height, samples), spread(width, samples)];
  const light = rows.map((y) =>
    columns.map((x) => {
      const place = 4 * (y * width + x);
      return sum([...data.subarray(place, place + 3)]);
    }),
  );
  // Where the light's centre lies beside the middle, in whole numbers: opposite sides weigh exactly alike.
  const arm = (/** @type {number} */ place) => 2 * place - (samples - 1);
  const down = sum(light.map((row, place) => arm(place) * sum(row)));
  const right = sum(columns.map((_, place) => arm(place) * sum(light.map((row) => at(row, place)))));
  if (Math.abs(right) > Math.abs(down)) return right > 0 ? 1 : 3;
  return down > 0 ? 2 : 0;
}

/**
 * Return places spread evenly over a side, the same from either end.
 * @param {number} length
 * @param {number} samples
 * @returns {number[]}
 */
function spread(length, samples) {
  const first = Array.from({ length: samples / 2 }, (_, place) => Math.floor(((2 * place + 1) * length) / (2 * samples)));
  return [...first, ...first.map((place) => length - 1 - place).reverse()];
}

/**
 * Turn a picture anticlockwise by quarters.
 * @param {Picture} picture
 * @param {number} turns
 * @returns {Picture}
 */
export function turned(picture, turns) {
  const { width, height, data } = picture;
  const quarters = modulo(turns);
  if (!quarters) return picture;
  const from = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const pixels = quarters === 2 ? from.slice().reverse() : onItsSide(from, width, height, quarters === 1);
  const [across, down] = quarters === 2 ? [width, height] : [height, width];
  return { width: across, height: down, data: new Uint8ClampedArray(pixels.buffer) };
}

/**
 * @param {Uint32Array} from
 * @param {number} width
 * @param {number} height
 * @param {boolean} isAnticlockwise
 * @returns {Uint32Array<ArrayBuffer>}
 */
function onItsSide(from, width, height, isAnticlockwise) {
  const pixels = new Uint32Array(from.length);
  for (let top = 0; top < height; top += BLOCK) {
    for (let left = 0; left < width; left += BLOCK) {
      for (let y = top; y < Math.min(top + BLOCK, height); y += 1) {
        for (let x = left; x < Math.min(left + BLOCK, width); x += 1) {
          const to = isAnticlockwise ? (width - 1 - x) * height + y : x * height + height - 1 - y;
          pixels[to] = /** @type {number} */ (from[y * width + x]);
        }
      }
    }
  }
  return pixels;
}

/**
 * Return where a square lies after a picture was turned anticlockwise by quarters.
 * @param {Square} square
 * @param {{width: number, height: number}} picture before it was turned
 * @param {number} turns
 * @returns {Square}
 */
export function turnedSquare({ x, y, side }, { width, height }, turns) {
  const [right, bottom] = [width - x - side, height - y - side];
  const places = [
    { x, y },
    { x: y, y: right },
    { x: right, y: bottom },
    { x: bottom, y: x },
  ];
  return { ...at(places, modulo(turns)), side };
}

/**
 * @param {number} turns
 * @returns {number} 0 to 3
 */
function modulo(turns) {
  return ((turns % 4) + 4) % 4;
}
