/** Other sizes of pictures as OpenCV 5 computes them (modules/imgproc/src/resize.cpp), what lies halfway aside. */

/** @import {Picture} from "./picture.js" */

/**
 * @typedef {object} Part of a picture; where it reaches over the edge, the outermost pixels are repeated
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 *
 * @typedef {object} Shares which sources make up each target: entry by entry, in the order of the targets
 * @property {Int32Array} target
 * @property {Int32Array} source
 * @property {Float32Array} share
 */

const CUBIC = -0.75;

/**
 * Make a part of a picture smaller: each pixel is the mean of what it covers (INTER_AREA).
 * @param {Picture} picture
 * @param {Part} part at least as wide and as high as the result
 * @param {number} width
 * @param {number} height
 * @returns {Uint8ClampedArray} RGBA
 */
export function smaller(picture, part, width, height) {
  const across = shares(part.width, width);
  const down = shares(part.height, height);
  const isWhole = part.width % width === 0 && part.height % height === 0;
  const covered = (part.width / width) * (part.height / height);
  const offsets = across.source.map((x) => 4 * clamped(x + part.x, picture.width));
  const sums = new Float32Array(3 * width);
  const row = new Float32Array(3 * width);
  const result = new Uint8ClampedArray(4 * width * height).fill(255);
  let summed = -1; // the row of the picture whose sums `row` holds
  down.target.forEach((y, entry) => {
    const from = clamped(/** @type {number} */ (down.source[entry]) + part.y, picture.height);
    if (from !== summed) addRow(picture, from, offsets, across, isWhole, row);
    summed = from;
    const share = isWhole ? 1 : /** @type {number} */ (down.share[entry]);
    for (let place = 0; place < sums.length; place += 1) {
      sums[place] = /** @type {number} */ (sums[place]) + share * /** @type {number} */ (row[place]);
    }
    if (down.target[entry + 1] === y) return;
    const scale = isWhole ? Math.fround(1 / covered) : 1;
    for (let x = 0; x < width; x += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        const total = /** @type {number} */ (sums[3 * x + channel]);
        // Four whole pixels are rounded up where they lie halfway, everything else to the even number.
        result[4 * (y * width + x) + channel] = isWhole && covered === 4 ? (total + 2) >> 2 : Math.fround(total * scale);
      }
    }
    sums.fill(0);
  });
  return result;
}

/**
 * Sum up a row of a picture for each target.
 * @param {Picture} picture
 * @param {number} y
 * @param {Int32Array} offsets of the sources in the row
 * @param {Shares} across
 * @param {boolean} isWhole whether every source counts as 1
 * @param {Float32Array} row receives the sums, RGB
 */
function addRow({ data, width }, y, offsets, { target, share }, isWhole, row) {
  const start = 4 * y * width;
  row.fill(0);
  for (let entry = 0; entry < target.length; entry += 1) {
    const from = start + /** @type {number} */ (offsets[entry]);
    const to = 3 * /** @type {number} */ (target[entry]);
    const weight = isWhole ? 1 : /** @type {number} */ (share[entry]);
    row[to] = /** @type {number} */ (row[to]) + weight * /** @type {number} */ (data[from]);
    row[to + 1] = /** @type {number} */ (row[to + 1]) + weight * /** @type {number} */ (data[from + 1]);
    row[to + 2] = /** @type {number} */ (row[to + 2]) + weight * /** @type {number} */ (data[from + 2]);
  }
}

/**
 * Return which sources each target covers, and with which share.
 * @param {number} sources
 * @param {number} targets at most as many
 * @returns {Shares}
 */
function shares(sources, targets) {
  const scale = sources / targets;
  const least = 1e-3; // OpenCV leaves smaller shares out
  /** @type {number[]} */
  const target = [];
  /** @type {number[]} */
  const source = [];
  /** @type {number[]} */
  const share = [];
  for (let place = 0; place < targets; place += 1) {
    const start = place * scale;
    const end = start + scale;
    const cell = Math.min(scale, sources - start);
    const last = Math.min(Math.floor(end), sources - 1);
    const first = Math.min(Math.ceil(start), last);
    /** @type {[number, number][]} */
    const entries = [];
    if (first - start > least) entries.push([first - 1, first - start]);
    for (let whole = first; whole < last; whole += 1) entries.push([whole, 1]);
    if (end - last > least) entries.push([last, Math.min(end - last, 1, cell)]);
    for (const [from, covered] of entries) {
      target.push(place);
      source.push(from);
      share.push(covered / cell);
    }
  }
  return { target: Int32Array.from(target), source: Int32Array.from(source), share: Float32Array.from(share) };
}

/**
 * Make a part of a picture larger, with a cubic through four pixels each way (INTER_CUBIC).
 * @param {Picture} picture
 * @param {Part} part at most as wide and as high as the result
 * @param {number} width
 * @param {number} height
 * @returns {Uint8ClampedArray} RGBA
 */
export function larger(picture, part, width, height) {
  const across = cubic(part.width, width);
  const down = cubic(part.height, height);
  const result = new Uint8ClampedArray(4 * width * height).fill(255);
  /** @param {number} y in the part */
  const stretched = (y) => {
    const start = 4 * picture.width * clamped(y + part.y, picture.height);
    const row = new Float64Array(3 * width);
    for (let x = 0; x < width; x += 1) {
      for (let tap = 0; tap < 4; tap += 1) {
        const inside = clamped(/** @type {number} */ (across.first[x]) + tap, part.width);
        const from = start + 4 * clamped(inside + part.x, picture.width);
        const weight = /** @type {number} */ (across.weights[4 * x + tap]);
        for (let channel = 0; channel < 3; channel += 1) {
          const to = 3 * x + channel;
          row[to] = /** @type {number} */ (row[to]) + weight * /** @type {number} */ (picture.data[from + channel]);
        }
      }
    }
    return row;
  };
  /** @type {Map<number, Float64Array>} */
  const rows = new Map();
  for (let y = 0; y < height; y += 1) {
    const used = [0, 1, 2, 3].map((tap) => {
      const from = clamped(/** @type {number} */ (down.first[y]) + tap, part.height);
      const row = rows.get(from) ?? stretched(from);
      rows.set(from, row);
      return row;
    });
    for (let place = 0; place < 3 * width; place += 1) {
      let total = 0;
      used.forEach((row, tap) => {
        total += /** @type {number} */ (row[place]) * /** @type {number} */ (down.weights[4 * y + tap]);
      });
      const to = 4 * (y * width + Math.floor(place / 3)) + (place % 3);
      result[to] = total;
    }
  }
  return result;
}

/**
 * Return the first of the four sources of each target, which may lie outside, and their weights.
 * @param {number} sources
 * @param {number} targets
 * @returns {{first: Int32Array, weights: Float64Array}}
 */
function cubic(sources, targets) {
  const first = new Int32Array(targets);
  const weights = new Float64Array(4 * targets);
  for (let place = 0; place < targets; place += 1) {
    const { source, beyond } = placed(place, sources / targets);
    const [left, right, far] = [beyond + 1, 1 - beyond, CUBIC + 3];
    const one = ((CUBIC * left - 5 * CUBIC) * left + 8 * CUBIC) * left - 4 * CUBIC;
    const two = ((CUBIC + 2) * beyond - far) * beyond * beyond + 1;
    const three = ((CUBIC + 2) * right - far) * right * right + 1;
    first[place] = source - 1;
    weights.set([one, two, three, 1 - one - two - three], 4 * place);
  }
  return { first, weights };
}

/**
 * Make a square of numbers larger, evenly between two of them each way (INTER_LINEAR).
 * @param {Float32Array} values row by row
 * @param {number} side of the square
 * @param {number} wanted the side of the result
 * @returns {Float32Array}
 */
export function between(values, side, wanted) {
  const result = new Float32Array(wanted * wanted);
  const places = Array.from({ length: wanted }, (_, place) => placed(place, side / wanted));
  places.forEach((down, y) => {
    const upper = side * clamped(down.source, side);
    const lower = side * clamped(down.source + 1, side);
    places.forEach((across, x) => {
      const [left, right] = [clamped(across.source, side), clamped(across.source + 1, side)];
      /** @param {number} row */
      const mixed = (row) =>
        Math.fround(
          /** @type {number} */ (values[row + left]) * (1 - across.beyond) +
            /** @type {number} */ (values[row + right]) * across.beyond,
        );
      result[y * wanted + x] = mixed(upper) * (1 - down.beyond) + mixed(lower) * down.beyond;
    });
  });
  return result;
}

/**
 * Return the source whose middle lies at or before the middle of a target, and how far beyond it that lies.
 * @param {number} target
 * @param {number} scale sources a target
 * @returns {{source: number, beyond: number}}
 */
function placed(target, scale) {
  const middle = (target + 0.5) * scale - 0.5;
  const source = Math.floor(middle);
  return { source, beyond: middle - source };
}

/**
 * @param {number} place
 * @param {number} length
 * @returns {number} the nearest place that is there
 */
function clamped(place, length) {
  return Math.min(Math.max(place, 0), length - 1);
}
