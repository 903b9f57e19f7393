/** The shortlist with a guarantee: what hierarchy/prediction_sets.py and models/bundle/shortlist.py compute. */

/** @import {Description, Ranked, SetThreshold} from "./description.js" */
/** @import {Posterior} from "./posterior.js" */

import { at, highest, ranked, sum } from "./numbers.js";

/**
 * @typedef {Ranked & {labels: string[]}} Entry a label, a node for all its labels, or a gem that the model cannot name
 *
 * @typedef {object} Shortlist
 * @property {number} guarantee the share of shortlists that hold the right label, as it was asked for
 * @property {Entry[]} entries the most probable first
 */

/**
 * Return what a stone can be, without what a restriction rules out.
 * @param {Posterior} posterior
 * @param {number} guarantee
 * @param {Description} description
 * @returns {Shortlist | null} null where the model does not promise as much
 */
export function shortlistOf({ all, allowed }, guarantee, description) {
  const { labels, candidates, shortlists } = description;
  const row = rowOfGuarantee(shortlists.rows, guarantee);
  if (!row) return null;
  const best = highest(all.slice(0, labels.length));
  const chosen = labels.map(
    ({ family }, label) => at(allowed, label) && (label === best || at(all, label) >= at(row.families, family)),
  );
  const named = fewestNodes(chosen, description).map(({ node, columns }) => ({
    id: node.id,
    name: node.name,
    probability: sum(columns.map((label) => at(all, label))),
    labels: columns.map((label) => at(labels, label).id),
  }));
  const others = candidates.slice(labels.length).flatMap(({ id, name }, place) => {
    const probability = at(all, labels.length + place);
    const isIn = at(allowed, labels.length + place) && probability >= row.others && probability > 0;
    return isIn ? [{ id, name, probability, labels: [] }] : [];
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
