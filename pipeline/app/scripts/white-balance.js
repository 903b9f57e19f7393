/** White balance by a patch of the picture that is white paper, as models/images/white_balance.py does it. */

/** @import {WhiteBalance} from "./description.js" */

/**
 * @typedef {{x: number, y: number}} Point a pixel of a picture
 * @typedef {{width: number, height: number, data: Uint8ClampedArray}} Pixels RGBA, row by row
 * @typedef {[number, number, number]} Gains of red, green and blue, in linear light
 * @typedef {"outside" | "clipped" | "dark" | "coloured"} PatchProblem
 */

/** What is wrong with a patch. */
export class PatchError extends Error {
  /** @param {PatchProblem} problem */
  constructor(problem) {
    super(problem);
    this.problem = problem;
  }
}

/**
 * Return what brings the patch around a point to a grey of its own luminance.
 * @param {Pixels} image
 * @param {Point} point the pixel in its middle
 * @param {WhiteBalance} numbers
 * @returns {Gains}
 * @throws {PatchError} if the point lies outside, or the patch is clipped, too dark or of too strong a colour
 */
export function gainsAt(image, point, numbers) {
  const { width, height, data } = image;
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  if (!(0 <= x && x < width && 0 <= y && y < height)) throw new PatchError("outside");
  const reach = Math.max(numbers.least_reach, Math.floor(numbers.reach * Math.min(width, height)));
  const [left, right] = [Math.max(0, x - reach), Math.min(width, x + reach + 1)];
  const [top, bottom] = [Math.max(0, y - reach), Math.min(height, y + reach + 1)];
  const totals = [0, 0, 0];
  let clipped = 0;
  for (let row = top; row < bottom; row += 1) {
    for (let place = 4 * (row * width + left); place < 4 * (row * width + right); place += 4) {
      for (let channel = 0; channel < 3; channel += 1) {
        const value = data[place + channel] ?? 0;
        totals[channel] = (totals[channel] ?? 0) + linear(value / 255);
        if (value >= numbers.clipped) clipped += 1;
      }
    }
  }
  const count = (right - left) * (bottom - top);
  if (clipped > 3 * count * numbers.most_clipped) throw new PatchError("clipped");
  const means = totals.map((total) => total / count);
  if (Math.min(...means) < numbers.darkest) throw new PatchError("dark");
  const luminance = means.reduce((total, mean, channel) => total + mean * (numbers.luminance[channel] ?? 0), 0);
  const gains = means.map((mean) => luminance / mean);
  if (Math.max(...gains) > numbers.most_gain * Math.min(...gains)) throw new PatchError("coloured");
  return /** @type {Gains} */ (gains);
}

/**
 * Multiply the channels in linear light. What becomes brighter than white is clipped.
 * @param {Pixels} image
 * @param {Gains} gains
 * @returns {Uint8ClampedArray<ArrayBuffer>} RGBA
 */
export function balanced({ data }, gains) {
  const tables = gains.map((gain) =>
    Uint8Array.from({ length: 256 }, (_, value) =>
      Math.floor(255 * encoded(Math.min(gain * linear(value / 255), 1)) + 0.5),
    ),
  );
  const [red, green, blue] = /** @type {[Uint8Array, Uint8Array, Uint8Array]} */ (tables);
  const found = new Uint8ClampedArray(data.length);
  for (let place = 0; place < data.length; place += 4) {
    found[place] = /** @type {number} */ (red[/** @type {number} */ (data[place])]);
    found[place + 1] = /** @type {number} */ (green[/** @type {number} */ (data[place + 1])]);
    found[place + 2] = /** @type {number} */ (blue[/** @type {number} */ (data[place + 2])]);
    found[place + 3] = 255;
  }
  return found;
}

/**
 * Return the linear light of a value of sRGB (IEC 61966-2-1).
 * @param {number} value from 0 to 1
 * @returns {number}
 */
export function linear(value) {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/**
 * Return the value of sRGB of linear light.
 * @param {number} light from 0 to 1
 * @returns {number}
 */
export function encoded(light) {
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
}
