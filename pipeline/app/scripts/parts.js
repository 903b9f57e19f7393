/** From what the finder's network says of a view to the parts that look like one stone each: models/images/finder.py. */

/** @import {Description} from "./description.js" */

import { nearest, pieces, widened } from "./components.js";
import { sum } from "./numbers.js";

/**
 * @typedef {object} Maps what the network says of a view
 * @property {number} side of each map, in pixels
 * @property {Float32Array} stone how probably each pixel is on a stone
 * @property {Float32Array} core how probably it is in the middle of one
 * @property {number} present how probably there is any stone
 *
 * @typedef {object} Part of a view, in pixels of the maps
 * @property {number} left
 * @property {number} top
 * @property {number} right
 * @property {number} bottom
 * @property {number} score
 * @property {Uint8Array} mine which pixels are its
 * @property {number} area how many these are
 */

/**
 * Return the parts of a view, the largest first.
 * @param {Maps} maps
 * @param {Description} description
 * @returns {Part[]}
 */
export function partsOf({ side, stone, core, present }, { finding: { smallest } }) {
  const solid = Uint8Array.from(stone, (value) => Number(value > 0.5));
  const cores = Uint8Array.from(core, (value, place) => Number(value > 0.5 && solid[place]));
  const { count, numbers } = seeds(solid, cores, side);
  const owner = count > 2 ? nearest(numbers, side) : numbers.map(() => 1);
  /** @type {Part[]} */
  const parts = [];
  for (let number = 1; number < count; number += 1) {
    const near = solid.map((value, place) => Number(value && owner[place] === number));
    // What a stone's nearest core does not touch is another thing.
    const mine = count > 2 ? piecesWith(near, numbers, number, side) : near;
    const area = sum([...mine]);
    if (area < Math.max(4, smallest * mine.length)) continue;
    const others = stone.map((value, place) => (solid[place] && !mine[place] ? 0 : value));
    const total = stone.reduce((before, value, place) => (mine[place] ? before + value : before), 0);
    parts.push({ ...rectangle(others, mine, side), score: (present * total) / area, mine, area });
  }
  return parts.sort((one, other) => other.area - one.area);
}

/**
 * Number where stones grow from: each core, and each part without one.
 * @param {Uint8Array} solid
 * @param {Uint8Array} cores
 * @param {number} side
 * @returns {{count: number, numbers: Int32Array}} the count is one more, for what is beside them
 */
function seeds(solid, cores, side) {
  const found = pieces(cores, side);
  const whole = pieces(solid, side);
  const withCore = new Set(whole.numbers.filter((_, place) => found.numbers[place]));
  const numbers = Int32Array.from(found.numbers);
  let { count } = found;
  for (let piece = 1; piece < whole.count; piece += 1) {
    if (withCore.has(piece)) continue;
    whole.numbers.forEach((value, place) => {
      if (value === piece) numbers[place] = count;
    });
    count += 1;
  }
  return { count, numbers };
}

/**
 * Return those connected pieces of a mask in which a number occurs.
 * @param {Uint8Array} mask
 * @param {Int32Array} numbers
 * @param {number} number
 * @param {number} side
 * @returns {Uint8Array}
 */
function piecesWith(mask, numbers, number, side) {
  const found = pieces(mask, side);
  if (found.count <= 2) return mask;
  const kept = new Set(found.numbers.filter((_, place) => mask[place] && numbers[place] === number));
  return mask.map((value, place) => Number(value && kept.has(/** @type {number} */ (found.numbers[place]))));
}

/**
 * Return where a stone ends, to parts of a pixel: an edge lies where its probability passes 1/2.
 * @param {Float32Array} stone
 * @param {Uint8Array} mine
 * @param {number} side
 */
function rectangle(stone, mine, side) {
  const around = widened(mine, side);
  const columns = new Float32Array(side);
  const rows = new Float32Array(side);
  around.forEach((value, place) => {
    if (!value) return;
    const [x, y] = [place % side, Math.floor(place / side)];
    columns[x] = Math.max(/** @type {number} */ (columns[x]), /** @type {number} */ (stone[place]));
    rows[y] = Math.max(/** @type {number} */ (rows[y]), /** @type {number} */ (stone[place]));
  });
  const [left, right] = crossings(columns);
  const [top, bottom] = crossings(rows);
  return { left, top, right, bottom };
}

/**
 * Return where a profile first rises above 1/2 and last falls below it, in pixels from the outer edge.
 * @param {Float32Array} profile
 * @returns {[number, number]}
 */
function crossings(profile) {
  /** @param {number} place */
  const height = (place) => /** @type {number} */ (profile[place]);
  const first = profile.findIndex((value) => value > 0.5);
  const last = profile.findLastIndex((value) => value > 0.5);
  // A value stands at the middle of its pixel: between two middles it changes evenly.
  /**
   * @param {number} inside
   * @param {number} outside
   */
  const way = (inside, outside) => (height(inside) - 0.5) / (height(inside) - height(outside));
  return [
    first > 0 ? first + 0.5 - way(first, first - 1) : 0,
    last + 1 < profile.length ? last + 0.5 + way(last, last + 1) : profile.length,
  ];
}
