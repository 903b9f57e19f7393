/** Photographs of one stone that contradict each other. */

/** @import {Description, Ranked} from "./description.js" */

import { nodeProbabilities } from "./answering.js";
import { at, highest, ranked, sum } from "./numbers.js";

/**
 * @typedef {object} Contradiction two photographs that hardly agree on the family
 * @property {[number, number]} views their places, the lower first
 * @property {[Ranked, Ranked]} families the most probable one by each
 */

/**
 * Return which photographs contradict each other, the worst pair first.
 *
 * Two agree with the probability that both would draw the same family, each by what it says.
 * @param {number[][]} rows P(label) by each
 * @param {Description} description
 * @returns {Contradiction[]}
 */
export function contradictions(rows, description) {
  const families = rows.map((row) => nodeProbabilities(row, description).slice(0, description.families));
  const likeliest = families.map((row) => {
    const place = highest(row);
    const { id, name } = at(description.nodes, place);
    return { id, name, probability: at(row, place) };
  });
  /** @type {{views: [number, number], agreement: number}[]} */
  const pairs = [];
  families.forEach((one, first) => {
    families.slice(first + 1).forEach((other, further) => {
      const agreement = sum(one.map((probability, family) => probability * at(other, family)));
      if (agreement < description.answering.least_agreement)
        pairs.push({ views: [first, first + 1 + further], agreement });
    });
  });
  const worst = ranked(
    pairs.map(({ agreement }) => -agreement),
    description,
  );
  return worst.map((place) => {
    const { views } = at(pairs, place);
    return { views, families: [at(likeliest, views[0]), at(likeliest, views[1])] };
  });
}
