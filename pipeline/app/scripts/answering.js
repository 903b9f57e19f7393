/** How deep to answer, and the ranking beside it. */

/** @import {Answer, Description, Node, Ranked, Threshold} from "./description.js" */

import { at, highest, ranked } from "./numbers.js";

/**
 * Sum the labels up the tree.
 * @param {number[]} probabilities P(label)
 * @param {Description} description
 * @returns {number[]} P(node)
 */
export function nodeProbabilities(probabilities, { labels, nodes }) {
  const totals = new Array(nodes.length).fill(0);
  labels.forEach(({ route }, label) => {
    for (const node of route) totals[node] += at(probabilities, label);
  });
  return totals.map((total) => Math.min(total, 1));
}

/**
 * Walk down the tree from the most probable family, always to the most probable child.
 *
 * The path ends where a node's own label is at least as probable as its best child.
 * @param {number[]} probabilities P(label)
 * @param {number[]} ofNode P(node)
 * @param {Description} description
 * @returns {number[]} columns of nodes
 */
export function path(probabilities, ofNode, { families, nodes }) {
  const found = [highest(ofNode.slice(0, families))];
  for (;;) {
    const { children, label } = at(nodes, at(found, found.length - 1));
    if (!children.length) return found;
    const best = at(children, highest(children.map((child) => at(ofNode, child))));
    if (label >= 0 && at(ofNode, best) <= at(probabilities, label)) return found;
    found.push(best);
  }
}

/**
 * Return the row of the next precision that is not below the asked one; none above the last.
 * @template {Threshold} Row
 * @param {Row[]} thresholds
 * @param {number} precision
 * @returns {Row | undefined}
 */
export function rowOfPrecision(thresholds, precision) {
  return thresholds.find((row) => row.precision >= precision);
}

/**
 * Return the least P(node) for an answer of a precision.
 * @param {Description} description
 * @param {number} precision the share of answers that shall be right
 * @returns {number}
 */
export function thresholdFor({ answering: { thresholds } }, precision) {
  const row = rowOfPrecision(thresholds, precision);
  return row ? row.threshold : Math.max(precision, thresholds.at(-1)?.threshold ?? 0);
}

/**
 * @typedef {object} Decision
 * @property {Answer | null} answer the deepest node that is sure enough
 * @property {boolean} noGem whether it is withheld since the finder sees no gem
 * @property {Ranked[]} families the most probable first
 * @property {Ranked[]} subclasses
 */

/**
 * Decide how deep to answer.
 * @param {number[]} probabilities P(label)
 * @param {number} score how sure the finder is that it sees a gem
 * @param {Description} description
 * @param {number} threshold the least P(node) of an answer
 * @param {number} top how many to rank at most
 * @returns {Decision}
 */
export function decide(probabilities, score, description, threshold, top) {
  const { families, labels, nodes, candidates, answering } = description;
  const ofNode = nodeProbabilities(probabilities, description);
  const noGem = score < answering.stone_threshold;
  const sure = path(probabilities, ofNode, description).filter((node) => at(ofNode, node) >= threshold);
  const deepest = sure.at(-1);
  return {
    answer: noGem || deepest === undefined ? null : answerOf(deepest, at(ofNode, deepest), nodes),
    noGem,
    families: ranking(nodes.slice(0, families), ofNode.slice(0, families), top, description),
    subclasses: ranking(candidates.slice(0, labels.length), probabilities, top, description),
  };
}

/**
 * Return the most probable first; what has no probability is left out.
 * @param {{id: string, name: string}[]} gems
 * @param {number[]} probabilities
 * @param {number} top
 * @param {Description} description
 * @returns {Ranked[]}
 */
export function ranking(gems, probabilities, top, description) {
  return ranked(probabilities, description)
    .slice(0, top)
    .filter((place) => at(probabilities, place) > 0)
    .map((place) => ({ id: at(gems, place).id, name: at(gems, place).name, probability: at(probabilities, place) }));
}

/**
 * @param {number} column
 * @param {number} probability
 * @param {Node[]} nodes
 * @returns {Answer}
 */
function answerOf(column, probability, nodes) {
  const { id, name, rank } = at(nodes, column);
  const above = nodes.find((node) => node.children.includes(column));
  return { id, name, rank, probability, above: above ? above.name : "" };
}
