/** Whether a picture is like those that the model was calibrated on: models/bundle/likeness.py. */

/** @import {LikenessNumbers} from "./description.js" */

import { bytesOf } from "./base64.js";
import { at } from "./numbers.js";

/** What the pictures look like that the model was calibrated on. */
export class Likeness {
  /** @type {Float32Array} one prototype after the other, each of length 1 */
  #prototypes;
  /** @type {number} */
  #threshold;
  /** @type {number} */
  #largest;

  /** @param {LikenessNumbers} numbers */
  constructor({ prototypes, threshold, largest = Infinity }) {
    this.#prototypes = Float32Array.from(new Uint16Array(bytesOf(prototypes).buffer), halfOf);
    this.#threshold = threshold;
    this.#largest = largest;
  }

  /**
   * Return how far a picture is from the nearest prototype: 1 - cosine.
   * @param {Float32Array} features of the whole picture, by the stone finder
   * @returns {number}
   */
  distance(features) {
    const length = Math.hypot(...features) || 1; // zeros stay as they are
    let nearest = -Infinity;
    for (let start = 0; start < this.#prototypes.length; start += features.length) {
      let product = 0;
      features.forEach((value, place) => {
        product += (value / length) * at(this.#prototypes, start + place);
      });
      nearest = Math.max(nearest, product);
    }
    return 1 - nearest;
  }

  /**
   * @param {Float32Array} features none where the finder is older
   * @param {number} side pixels of the picture's shorter side
   * @returns {boolean | null} whether a picture is like them; null if that cannot be known
   */
  isLike(features, side) {
    return features.length ? this.distance(features) <= this.#threshold && side <= this.#largest : null;
  }
}

/**
 * @param {number} bits of a number in half precision (IEEE 754, binary16), which browsers read only from 2025 on
 * @returns {number}
 */
function halfOf(bits) {
  const [power, rest] = [(bits >> 10) & 31, (bits & 1023) / 1024];
  const size = power ? 2 ** (power - 15) * (1 + rest) : 2 ** -14 * rest;
  return bits >> 15 ? -size : size;
}
