/** Find the stones in a photograph: models/images/finder.py, with the same looks at the same places. */

/** @import {Description} from "./description.js" */
/** @import {Network} from "./network.js" */
/** @import {Maps, Part} from "./parts.js" */
/** @import {Picture, Square} from "./picture.js" */

import { widened } from "./components.js";
import { cropped, wholePicture, withoutAlpha } from "./crop.js";
import { toEven } from "./numbers.js";
import { partsOf } from "./parts.js";
import { between } from "./resize.js";
import { turned, turnedSquare, turnsUpright } from "./turning.js";

/**
 * @typedef {{square: Square, score: number}} Found a stone with the square around it, and how surely it is a gem
 *
 * @typedef {object} Seen
 * @property {Found[]} stones
 * @property {Float32Array} features of what was looked at; none where the network is older
 */

/** The stone finder, ready to run. */
export class Finder {
  /** @type {Network} */
  #network;
  /** @type {Description} */
  #description;

  /**
   * @param {Network} network
   * @param {Description} description
   */
  constructor(network, description) {
    this.#network = network;
    this.#description = description;
  }

  /**
   * Return the stones of a picture, the most prominent first, and the features of the whole picture. A picture that is
   * turned by quarters has the same stones.
   * @param {Picture} picture
   * @returns {Promise<Seen>}
   */
  async seen(picture) {
    const turns = turnsUpright(picture, this.#description);
    const upright = turned(picture, turns);
    const { stones, features } = await this.#seen(upright);
    return {
      stones: stones.map((stone) => ({ ...stone, square: turnedSquare(stone.square, upright, -turns) })),
      features,
    };
  }

  /**
   * @param {Picture} picture its bright side up
   * @returns {Promise<Seen>}
   */
  async #seen(picture) {
    const { clear } = this.#description.finding;
    const whole = wholePicture(picture);
    const { stones, features } = await this.#seenIn(picture, whole);
    if (!stones.some(({ score }) => score >= clear)) {
      for (const view of this.#quarters(picture, whole)) stones.push(...(await this.#seenIn(picture, view)).stones);
    }
    /** @param {Found} stone */
    const weight = ({ square, score }) => score * square.side;
    stones.sort(
      (one, other) =>
        Number(other.score >= clear) - Number(one.score >= clear) || weight(other) - weight(one),
    );
    return { stones: this.#apart(stones), features };
  }

  /**
   * Return which pixels of a crop are the stone in its middle.
   * @param {Picture} crop
   * @returns {Promise<{mask: Uint8Array, score: number}>} 255 on the stone, 0 beside it, between on its edge; 255
   *   everywhere if no stone stands out, whose score is 0
   */
  async outline(crop) {
    const maps = await this.#look(crop, { x: 0, y: 0, side: crop.width });
    const part = this.#middle(partsOf(maps, this.#description), maps.side);
    const { outline_from, outline_width } = this.#description.finding;
    if (!part) return { mask: new Uint8Array(crop.width ** 2).fill(255), score: 0 };
    const mine = widened(part.mine, maps.side);
    const kept = maps.stone.map((value, place) => (mine[place] ? value : 0));
    // Half sure is the edge: a narrow ramp around it.
    const mask = Uint8Array.from(between(kept, maps.side, crop.width), (value) => {
      const height = Math.fround(Math.fround(value - Math.fround(outline_from)) / Math.fround(outline_width));
      return Math.fround(255 * Math.min(Math.max(height, 0), 1));
    });
    return { mask, score: part.score };
  }

  /**
   * @param {Picture} picture
   * @param {Square} view
   * @returns {Promise<Seen>}
   */
  async #seenIn(picture, view) {
    /** @type {Found[]} */
    const stones = [];
    const { parts, side, features } = await this.#parts(picture, view);
    for (const part of parts) stones.push(await this.#approach(picture, view, part, side));
    return { stones, features };
  }

  /**
   * Look again from nearby until a stone fills the view.
   * @param {Picture} picture
   * @param {Square} view
   * @param {Part} part
   * @param {number} side of the maps
   * @returns {Promise<Found>}
   */
  async #approach(picture, view, part, side) {
    const { zooms, filled, filled_if_sure, sure, nearby, if_lost } = this.#description.finding;
    const room = 1 + 2 * this.#description.cropping.margin;
    for (let zoom = 0; zoom < zooms; zoom += 1) {
      const extent = Math.max(part.right - part.left, part.bottom - part.top) / side;
      if (extent >= (part.score < sure ? filled : filled_if_sure)) break;
      const nearer = around(view, part, side, nearby);
      const seen = this.#middle((await this.#parts(picture, nearer)).parts, side);
      if (!seen) return { square: around(view, part, side, room), score: if_lost * part.score };
      [view, part] = [nearer, seen];
    }
    return { square: around(view, part, side, room), score: part.score };
  }

  /**
   * Return the parts of a view that show any of the picture, the largest first.
   * @param {Picture} picture
   * @param {Square} view
   * @returns {Promise<{parts: Part[], side: number, features: Float32Array}>}
   */
  async #parts(picture, view) {
    const maps = await this.#look(picture, view);
    // Beside the picture its outermost pixels are repeated, and stripes of them may look like stones.
    const parts = partsOf(maps, this.#description).filter((part) =>
      overlaps(picture, around(view, part, maps.side, 1)),
    );
    return { parts, side: maps.side, features: maps.features };
  }

  /**
   * @param {Picture} picture
   * @param {Square} view
   * @returns {Promise<Maps & {features: Float32Array}>}
   */
  async #look(picture, view) {
    const crop = cropped(picture, view, this.#network.size, this.#description);
    const outputs = await this.#network.run(withoutAlpha(crop));
    const { maps, present, features = new Float32Array() } = outputs;
    if (!maps || !present) throw new Error("The finder's network gives no maps.");
    const side = Math.sqrt(maps.length / 2);
    return {
      side,
      stone: maps.filter((_, place) => place % 2 === 0),
      core: maps.filter((_, place) => place % 2 === 1),
      present: present[0] ?? 0,
      features,
    };
  }

  /**
   * Return the part nearest to the middle of a view; of equal ones, the first.
   * @param {Part[]} parts
   * @param {number} side of the maps
   * @returns {Part | undefined}
   */
  #middle(parts, side) {
    /** @param {Part} part */
    const away = ({ left, top, right, bottom }) => Math.hypot((left + right - side) / 2, (top + bottom - side) / 2);
    return parts.reduce(
      (best, part) => (best === undefined || away(part) < away(best) ? part : best),
      /** @type {Part | undefined} */ (undefined),
    );
  }

  /**
   * Return five smaller views, the corners and the middle, as far as they show any of the picture.
   * @param {Picture} picture
   * @param {Square} whole
   * @returns {Square[]}
   */
  #quarters(picture, whole) {
    const side = Math.max(1, toEven(this.#description.finding.quarter * whole.side));
    const far = whole.side - side;
    const middle = Math.floor(far / 2);
    const places = [[0, 0], [far, 0], [0, far], [far, far], [middle, middle]];
    return places
      .map(([x = 0, y = 0]) => ({ x: whole.x + x, y: whole.y + y, side }))
      .filter((view) => overlaps(picture, view));
  }

  /**
   * Return the stones without those that lie where one before them lies.
   * @param {Found[]} stones
   * @returns {Found[]}
   */
  #apart(stones) {
    /** @type {Found[]} */
    const kept = [];
    for (const stone of stones) {
      const most = this.#description.finding.same * stone.square.side ** 2;
      if (kept.every((other) => shared(stone.square, other.square) <= most)) kept.push(stone);
    }
    return kept;
  }
}

/**
 * Return how many pixels lie in both squares.
 * @param {Square} one
 * @param {Square} other
 * @returns {number}
 */
function shared(one, other) {
  const across = Math.min(one.x + one.side, other.x + other.side) - Math.max(one.x, other.x);
  const down = Math.min(one.y + one.side, other.y + other.side) - Math.max(one.y, other.y);
  return Math.max(0, across) * Math.max(0, down);
}

/**
 * Return the square around a part of a view, so many times its longer side, in the picture's pixels.
 * @param {Square} view
 * @param {Part} part
 * @param {number} mapSide
 * @param {number} room
 * @returns {Square}
 */
function around(view, part, mapSide, room) {
  const scale = view.side / mapSide;
  const side = Math.max(1, toEven(room * scale * Math.max(part.right - part.left, part.bottom - part.top)));
  const across = ((part.left + part.right) / 2) * scale;
  const down = ((part.top + part.bottom) / 2) * scale;
  return { x: toEven(view.x + across - side / 2), y: toEven(view.y + down - side / 2), side };
}

/**
 * @param {Picture} picture
 * @param {Square} square
 * @returns {boolean} whether any of the picture lies in it
 */
function overlaps({ width, height }, { x, y, side }) {
  return -side < x && x < width && -side < y && y < height;
}
