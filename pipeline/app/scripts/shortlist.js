/** The shortlist with a guarantee: what hierarchy/prediction_sets.py and models/bundle/shortlist.py compute. */

/** @import {Description, Ranked, SetThreshold} from "./description.js" */
/** @import {Posterior} from "./posterior.js" */

import { at, highest, ranked, rounding, sum } from "./numbers.js";

/**
 * @typedef {Ranked & {labels: string[]}} Entry a label, a node for all its labels, or a gem that the model cannot name
 *
 * @typedef {object} Shortlist
 * @property {number} guarantee the share of shortlists that hold the right label, as it was asked for; of readings alone
 *   the least probability of all that stands on it
 * @property {Entry[]} entries the most probable first
 */

/**
 * @param {boolean} hasPhotograph
 * @param {Description} description
 * @returns {boolean} whether there is a shortlist to ask for: of readings alone always, of photographs if it is promised
 */
export function givesShortlist(hasPhotograph, { shortlists }) {
  return !hasPhotograph || shortlists.rows.length > 0;
}

/**
 * Return what a stone in photographs can be, without what a restriction rules out; with readings only what is in the
 * credible set as well.
 * @param {Posterior} posterior
 * @param {number} guarantee
 * @param {Description} description
 * @returns {Shortlist | null} null where the model does not promise as much
 */
export function shortlistOf({ all, allowed, effects }, guarantee, description) {
  const { labels, shortlists } = description;
  const row = rowOfGuarantee(shortlists.rows, guarantee);
  if (!row) return null;
  const best = highest(all.slice(0, labels.length));
  const first = highest(all);
  const credible = effects.length ? credibleSet(all, guarantee, description) : null;
  const chosen = all.map((probability, place) => {
    if (credible && place === first) return true;
    if (!at(allowed, place) || (credible && !at(credible, place))) return false;
    if (place >= labels.length) return probability >= row.others && probability > 0;
    return place === best || probability >= at(row.families, at(labels, place).family);
  });
  return shortlistFrom(all, chosen, guarantee, description);
}

/**
 * Return what a stone can be by readings alone: no thresholds were found on stones that were named so.
 * @param {Posterior} posterior
 * @param {number} guarantee
 * @param {Description} description
 * @returns {Shortlist}
 */
export function credibleShortlist({ all }, guarantee, description) {
  return shortlistFrom(all, credibleSet(all, guarantee, description), guarantee, description);
}

/**
 * Return the most probable candidates that together have a share; what is as probable as the last of them is in it too.
 * @param {number[]} probabilities which sum to 1
 * @param {number} share
 * @param {{ranking_decimals: number}} description
 * @returns {boolean[]} whether each is in it
 */
export function credibleSet(probabilities, share, { ranking_decimals }) {
  const rounded = rounding(ranking_decimals);
  const falling = [...probabilities].sort((one, other) => other - one);
  let total = 0;
  const last = falling.findIndex((probability) => rounded((total += probability)) >= share);
  const least = rounded(at(falling, last < 0 ? falling.length - 1 : last));
  return probabilities.map((probability) => rounded(probability) >= least && probability > 0);
}

/**
 * @param {number[]} all how probable each candidate is
 * @param {boolean[]} chosen whether each is on the shortlist
 * @param {number} guarantee
 * @param {Description} description
 * @returns {Shortlist}
 */
function shortlistFrom(all, chosen, guarantee, description) {
  const { labels, candidates } = description;
  const named = fewestNodes(chosen.slice(0, labels.length), description).map(({ node, columns }) => ({
    id: node.id,
    name: node.name,
    probability: sum(columns.map((label) => at(all, label))),
    labels: columns.map((label) => at(labels, label).id),
  }));
  const others = candidates.slice(labels.length).flatMap(({ id, name }, place) => {
    const column = labels.length + place;
    return at(chosen, column) ? [{ id, name, probability: at(all, column), labels: [] }] : [];
  });
  const entries = [...named, ...others];
  const order = ranked(
    entries.map(({ probability }) => probability),
    description,
  );
  return { guarantee, entries: order.map((place) => at(entries, place)) };
}

/**
 * Return the row of the next coverage that is not below a guarantee; none above the last.
 * @template {SetThreshold} Row
 * @param {Row[]} rows
 * @param {number} guarantee
 * @returns {Row | undefined}
 */
export function rowOfGuarantee(rows, guarantee) {
  return rows.find(({ coverage }) => coverage >= guarantee);
}

/**
 * Return the fewest nodes that stand for a set: a node only where all its labels are in it.
 * @param {boolean[]} chosen whether each label is in the set
 * @param {Description} description
 * @returns {{node: import("./description.js").Node, columns: number[]}[]} each with the columns of the labels that it
 *   stands for
 */
function fewestNodes(chosen, { labels, nodes }) {
  const left = [...chosen];
  return nodes.flatMap((node, column) => {
    let columns = labels.flatMap(({ route }, label) => (route.includes(column) ? [label] : []));
    if (!columns.every((label) => left[label])) columns = columns.filter((label) => label === node.label && left[label]);
    for (const label of columns) left[label] = false;
    return columns.length ? [{ node, columns }] : [];
  });
}
