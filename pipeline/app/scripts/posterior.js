/** One posterior from the picture, the readings and how common gems are, by the rule of Bayes. */

/** @import {Description, Evidence, Prior} from "./description.js" */
/** @import {Reading, Weighed} from "./readings.js" */

import { EvidenceError } from "./evidence-error.js";
import { at, normalised, ranked, sum } from "./numbers.js";
import { weigh } from "./readings.js";

/**
 * @typedef {object} Effect what one reading did
 * @property {Reading} reading
 * @property {number[]} fits columns of the candidates that it fits, the most probable first
 * @property {number} wrong how probable it is that this reading is wrong
 * @property {number} without the column of the most probable candidate without this reading
 * @property {number} withoutProbability how probable that one would be
 *
 * @typedef {object} Posterior
 * @property {number[]} all how probable each candidate is; the other gems are 0 without a reading
 * @property {boolean[]} allowed whether no restriction rules a candidate out
 * @property {Effect[]} effects one for each reading
 */

/**
 * Join what the picture says with the evidence.
 * @param {number[] | null} image P(label) by the network; null without a picture
 * @param {Evidence} evidence
 * @param {Description} description
 * @returns {Posterior}
 */
export function posterior(image, evidence, description) {
  const { labels, candidates } = description;
  const seen = image ?? new Array(labels.length).fill(1 / labels.length);
  const { readings, prior, only, without, wrong } = evidence;
  if (!readings.length && !prior && !only.length && !without.length) {
    const all = [...seen, ...new Array(candidates.length - labels.length).fill(0)];
    return { all, allowed: candidates.map(() => true), effects: [] };
  }
  const weighed = readings.map((reading) => checked(reading, weigh(reading, wrong, description), description));
  const allowed = candidates.map(
    ({ id }) => (!only.length || only.some((node) => isBelow(id, node))) && !without.some((node) => isBelow(id, node)),
  );
  const before = beforeReadings(seen, evidence, allowed, description);
  const after = normalised(times(before, weighed));
  const effects = readings.map((reading, place) => {
    const others = weighed.filter((_, other) => other !== place);
    return effect(reading, at(weighed, place), after, normalised(times(before, others)), description);
  });
  return { all: after, allowed, effects };
}

/**
 * @param {Reading} reading
 * @param {Weighed} weighed
 * @param {Description} description
 * @returns {Weighed}
 */
function checked(reading, weighed, { labels }) {
  if (weighed.known.slice(0, labels.length).includes(true)) return weighed;
  throw new EvidenceError(
    `The ${reading.title} of none of this model's gems is known, so a reading says nothing. Leave it out.`,
  );
}

/**
 * @param {number[]} before
 * @param {Weighed[]} weighed
 * @returns {number[]}
 */
function times(before, weighed) {
  return before.map((start, place) => weighed.reduce((product, one) => product * at(one.likelihood, place), start));
}

/**
 * Return how probable each candidate is by the picture, the prior and the restrictions. A picture that gives all that is
 * allowed a probability of 0 says nothing.
 * @param {number[]} image
 * @param {Evidence} evidence
 * @param {boolean[]} allowed
 * @param {Description} description
 * @returns {number[]}
 */
function beforeReadings(image, { readings, prior, only, without }, allowed, description) {
  const { labels, candidates } = description;
  const { image_misleads, others_share } = description.posterior;
  const nOthers = candidates.length - labels.length;
  let seen = image.some((probability, label) => at(allowed, label) && probability > 0)
    ? image
    : new Array(labels.length).fill(1 / labels.length);
  let others = new Array(nOthers).fill(0);
  if (readings.length) {
    seen = seen.map((probability) => (1 - image_misleads) * probability + image_misleads / labels.length);
    others = others.fill(others_share / Math.max(nOthers, 1));
  }
  if (prior) {
    const shares = labelShares(prior, description);
    seen = seen.map((probability, label) => probability * at(shares, label));
    if (!(sum(seen) > 0)) {
      throw new EvidenceError("The prior gives none of the gems that the picture can show a share. Leave it out.");
    }
    seen = normalised(seen);
  }
  const rest = 1 - sum(others);
  const possible = [...seen.map((probability) => rest * probability), ...others].map((probability, place) =>
    at(allowed, place) ? probability : 0,
  );
  if (!(sum(possible) > 0)) {
    throw new EvidenceError(
      `${restriction(only, without)}: nothing is left that the stone can be. Leave one of them out.`,
    );
  }
  return normalised(possible);
}

/**
 * Return the share of each label: a node's is spread evenly over the labels below it that have none of their own.
 *
 * A label that no node of the prior covers gets the smallest share that any label has.
 * @param {Prior} prior
 * @param {Description} description
 * @returns {number[]}
 */
export function labelShares(prior, { labels, nodes }) {
  const nearest = labels.map(({ route }) => route.map((node) => at(nodes, node).id).findLast((id) => id in prior));
  /** @type {Record<string, number>} */
  const counts = {};
  for (const node of nearest) if (node !== undefined) counts[node] = (counts[node] ?? 0) + 1;
  const shares = nearest.map((node) => (node === undefined ? NaN : (prior[node] ?? NaN) / (counts[node] ?? NaN)));
  const covered = shares.filter((share) => !Number.isNaN(share));
  if (!(sum(covered) > 0)) {
    throw new EvidenceError("The prior gives none of the model's labels a share. Name some of them.");
  }
  const least = Math.min(...covered.filter((share) => share > 0));
  return normalised(shares.map((share) => (Number.isNaN(share) ? least : share)));
}

/**
 * @param {string} id
 * @param {string} node
 * @returns {boolean} whether a gem is the node or lies below it
 */
function isBelow(id, node) {
  return id === node || id.startsWith(`${node}/`);
}

/**
 * @param {string[]} only
 * @param {string[]} without
 * @returns {string}
 */
function restriction(only, without) {
  const parts = [only.length ? `only ${only.join(", ")}` : "", without.length ? `without ${without.join(", ")}` : ""];
  return parts.filter(Boolean).join(" and ");
}

/**
 * @param {Reading} reading
 * @param {Weighed} weighed what it says of the candidates
 * @param {number[]} after how probable they are with it
 * @param {number[]} without and without it
 * @param {Description} description
 * @returns {Effect}
 */
function effect(reading, weighed, after, without, description) {
  const top = at(ranked(without, description), 0);
  const fits = ranked(after, description).filter(
    (place) => at(weighed.wrong, place) < 0.5 && at(weighed.known, place) && at(without, place) > 0,
  );
  const wrong = sum(after.map((probability, place) => probability * at(weighed.wrong, place)));
  return { reading, fits, wrong: Math.min(wrong, 1), without: top, withoutProbability: at(without, top) };
}
