/** What stands beside an answer: what each reading did, which test comes next, and what looks alike. */

/** @import {Description, LookAlike, Ranked} from "./description.js" */
/** @import {NextTest} from "./next-tests.js" */
/** @import {Effect, Posterior} from "./posterior.js" */

import { ranking } from "./answering.js";
import { nextTests } from "./next-tests.js";
import { at, ranked } from "./numbers.js";

/**
 * @typedef {object} ReadingEffect what one reading did, in names
 * @property {string} key
 * @property {string} title
 * @property {string} given
 * @property {string[]} fits ids of the candidates that it fits, the most probable first
 * @property {string[]} fitsNames their names, a family's where it fits all of it
 * @property {number} wrong how probable it is that the reading is wrong
 * @property {Ranked} without the most probable candidate without this reading
 *
 * @typedef {object} Explanation
 * @property {Ranked[]} others gems that the model cannot name, the most probable first
 * @property {ReadingEffect[]} effects
 * @property {NextTest[]} nextTests what would tell most, best first
 * @property {LookAlike[]} lookAlikes what is taken for the likeliest gem
 */

/**
 * @param {Posterior} posterior
 * @param {Description} description
 * @param {number} top how many other gems to rank at most
 * @returns {Explanation}
 */
export function explain({ all, effects }, description, top) {
  const { candidates, labels, explanation } = description;
  const others = ranking(candidates.slice(labels.length), all.slice(labels.length), top, description);
  const done = effects.map((effect) => effect.reading.key);
  return {
    others: others.filter((gem) => gem.probability >= explanation.least),
    effects: effects.map((effect) => named(effect, description)),
    nextTests: nextTests(all, description, done),
    lookAlikes: at(candidates, at(ranked(all, description), 0)).look_alikes,
  };
}

/**
 * @param {Effect} effect
 * @param {Description} description
 * @returns {ReadingEffect}
 */
function named({ reading, fits, wrong, without, withoutProbability }, description) {
  const { id, name } = at(description.candidates, without);
  return {
    key: reading.key,
    title: reading.title,
    given: reading.text,
    fits: fits.slice(0, description.explanation.most_fits).map((place) => at(description.candidates, place).id),
    fitsNames: byFamily(fits, description),
    wrong,
    without: { id, name, probability: withoutProbability },
  };
}

/**
 * Return the names of gems, in their order, with a family for all of its labels.
 * @param {number[]} fits
 * @param {Description} description
 * @returns {string[]}
 */
function byFamily(fits, { candidates, labels, nodes }) {
  const fitting = new Set(fits);
  const partly = new Set(labels.filter((_, label) => !fitting.has(label)).map(({ family }) => family));
  const names = fits.map((place) => {
    const family = labels[place]?.family ?? -1;
    return family < 0 || partly.has(family) ? at(candidates, place).name : at(nodes, family).name;
  });
  return [...new Set(names)];
}
