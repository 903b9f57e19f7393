/** Whether a picture may show none of the gems that the model can name: hierarchy/novelty.py. */

/** @import {Description} from "./description.js" */

import { sum } from "./numbers.js";

/**
 * @param {number[]} probabilities sums to 1
 * @returns {number} their entropy in nats, from 0 to log V
 */
export function entropy(probabilities) {
  return sum(probabilities.map((one) => (one > 0 ? -one * Math.log(one) : 0)));
}

/**
 * @param {object} seen what the photographs say together
 * @param {number[] | null} seen.probabilities P(label) before all else that is known of the stone; null without any
 * @param {boolean | null} seen.like whether they are like those that the model was calibrated on
 * @param {boolean} hasReadings with which the gems without a name have probabilities of their own
 * @param {Description} description
 * @returns {boolean | null} null where that is not known
 */
export function isNovel({ probabilities, like }, hasReadings, { novelty }) {
  if (!novelty || !probabilities || like === false || hasReadings) return null;
  return entropy(probabilities) > novelty.entropy;
}
