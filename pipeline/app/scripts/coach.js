/** What is wrong with a photograph before the stone in it is named, so that a person can take a better one. */

/** @import {Answering} from "./description.js" */

import { linear } from "./white-balance.js";

/**
 * @typedef {"no-gem" | "several" | "small" | "blurred" | "dark" | "coloured"} Notice
 *
 * @typedef {{width: number, height: number, data: Uint8ClampedArray}} Pixels RGBA, row by row
 * @typedef {[number, number, number, number]} Box left, top, right and bottom; it may reach over the edge
 *
 * @typedef {object} Measured of a photograph and the stone in it
 * @property {number} side of the stone, in pixels: the longer side of its box
 * @property {number} sharpness how much of the stone's contrast lies in its finest details
 * @property {number} brightness linear light of the brightest parts of the picture, from 0 to 1
 * @property {number} cast how far the brightest parts beside the stone are from grey: 0 is grey
 */

/** The stone is looked at in a square of so many pixels: all that is measured of it is of this size. */
const SIDE = 96;

// From where on answers become worse, as benchmarks/coach.py measures it (docs/app.md).

/** Below this side, in pixels, a stone is too small. */
const LEAST_SIDE = 50;

/** Below this sharpness a stone is blurred. */
const LEAST_SHARPNESS = 0.025;

/** Below this linear light of its brightest parts a picture is too dark. */
const LEAST_BRIGHTNESS = 0.05;

/** Beyond this distance from grey the light is coloured: one channel has twice the light of another. */
const MOST_CAST = 1;

/** Brightness and colour are read at about so many points of the picture. */
const POINTS = 20_000;

/**
 * Say what a person could do better.
 * @param {Measured} measured
 * @param {{score: number}[]} stones what the finder sees, the most prominent first
 * @param {number} score how sure the finder is of the stone that is meant
 * @param {{answering: Answering}} description
 * @returns {Notice[]}
 */
export function notices(measured, stones, score, { answering }) {
  const surely = stones.filter((stone) => stone.score >= answering.stone_threshold);
  /** @type {Notice[]} */
  const found = [];
  if (score < answering.stone_threshold) found.push("no-gem");
  else {
    if (surely.length > 1) found.push("several");
    if (measured.side < LEAST_SIDE) found.push("small");
    else if (measured.sharpness < LEAST_SHARPNESS) found.push("blurred");
  }
  if (measured.brightness < LEAST_BRIGHTNESS) found.push("dark");
  else if (measured.cast > MOST_CAST) found.push("coloured");
  return found;
}

/**
 * Measure a photograph.
 * @param {Pixels} image
 * @param {Box} box around the stone
 * @returns {Measured}
 */
export function measure(image, box) {
  const points = spread(image, box);
  return {
    side: Math.max(box[2] - box[0], box[3] - box[1]),
    sharpness: sharpnessOf(image, box),
    brightness: quantile(
      points.map((point) => point.luminance),
      0.98,
    ),
    cast: castOf(points.filter((point) => !point.inside)),
  };
}

/**
 * Return the share of the stone's contrast that is between neighbouring pixels, at a fixed size of the stone.
 *
 * The Laplacian tells sharp from blurred (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR
 * 2000); divided by the contrast it depends less on the gem and the light.
 * @param {Pixels} image
 * @param {Box} box
 * @returns {number}
 */
function sharpnessOf(image, box) {
  const grey = reduced(image, box);
  let total = 0;
  let squares = 0;
  for (const value of grey) {
    total += value;
    squares += value * value;
  }
  const variance = squares / grey.length - (total / grey.length) ** 2;
  let edges = 0;
  for (let y = 1; y < SIDE - 1; y += 1) {
    for (let x = 1; x < SIDE - 1; x += 1) {
      const place = y * SIDE + x;
      const around =
        value(grey, place - 1) + value(grey, place + 1) + value(grey, place - SIDE) + value(grey, place + SIDE);
      edges += (4 * value(grey, place) - around) ** 2;
    }
  }
  return edges / (SIDE - 2) ** 2 / (variance + 1);
}

/**
 * Bring the box to a square of `SIDE` pixels of grey, each the mean of what it covers.
 * @param {Pixels} image
 * @param {Box} box
 * @returns {Float64Array}
 */
function reduced({ width, height, data }, [left, top, right, bottom]) {
  const grey = new Float64Array(SIDE * SIDE);
  const [across, down] = [(right - left) / SIDE, (bottom - top) / SIDE];
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      let total = 0;
      let count = 0;
      // At most 4 x 4 pixels of each part, evenly spread: enough for a mean.
      const [stepX, stepY] = [Math.max(1, across / 4), Math.max(1, down / 4)];
      for (let row = top + y * down; row < top + (y + 1) * down || count === 0; row += stepY) {
        for (let column = left + x * across; column < left + (x + 1) * across || count === 0; column += stepX) {
          const inX = Math.min(Math.max(Math.floor(column), 0), width - 1);
          const inY = Math.min(Math.max(Math.floor(row), 0), height - 1);
          const place = 4 * (inY * width + inX);
          total += 0.299 * value(data, place) + 0.587 * value(data, place + 1) + 0.114 * value(data, place + 2);
          count += 1;
        }
      }
      grey[y * SIDE + x] = total / count;
    }
  }
  return grey;
}

/**
 * @typedef {{red: number, green: number, blue: number, luminance: number, inside: boolean}} Light linear light at a point
 */

/**
 * Return the light at points all over the picture.
 * @param {Pixels} image
 * @param {Box} box
 * @returns {Light[]}
 */
function spread({ width, height, data }, [left, top, right, bottom]) {
  const step = Math.max(1, Math.sqrt((width * height) / POINTS));
  const found = [];
  for (let row = step / 2; row < height; row += step) {
    for (let column = step / 2; column < width; column += step) {
      const [x, y] = [Math.floor(column), Math.floor(row)];
      const place = 4 * (y * width + x);
      const [red, green, blue] = [lights(data, place), lights(data, place + 1), lights(data, place + 2)];
      const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      const inside = left <= x && x < right && top <= y && y < bottom;
      found.push({ red, green, blue, luminance, inside });
    }
  }
  return found;
}

/**
 * Return how far the brightest tenth of the points is from grey, those left out in which a channel is at its end.
 * @param {Light[]} points
 * @returns {number} the logarithm to base 2 of the strongest channel over the weakest; 0 where there is no such point
 */
function castOf(points) {
  const open = points.filter(({ red, green, blue }) => Math.max(red, green, blue) < 0.98);
  if (open.length < points.length / 50 || !open.length) return 0;
  const least = quantile(
    open.map((point) => point.luminance),
    0.9,
  );
  const brightest = open.filter((point) => point.luminance >= least);
  const means = /** @type {const} */ (["red", "green", "blue"]).map((channel) =>
    brightest.reduce((total, point) => total + point[channel], 0),
  );
  return Math.log2(Math.max(...means) / Math.max(Math.min(...means), 1e-6));
}

/**
 * @param {number[]} values
 * @param {number} share
 * @returns {number} 0 where there are no values
 */
function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}

const LINEAR = Float64Array.from({ length: 256 }, (_, stored) => linear(stored / 255));

/**
 * @param {Uint8ClampedArray} data
 * @param {number} place
 * @returns {number}
 */
function lights(data, place) {
  return value(LINEAR, value(data, place));
}

/**
 * @param {Uint8ClampedArray | Float64Array} values
 * @param {number} place
 * @returns {number}
 */
function value(values, place) {
  return /** @type {number} */ (values[place]);
}
