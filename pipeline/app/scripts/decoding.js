/** From the network's logits to probabilities over labels, and from several photographs of a stone to one. */

/** @import {Contradiction} from "./contradictions.js" */
/** @import {Description, Logits, Strategy, View} from "./description.js" */

import { areLike, calibrated } from "./calibration.js";
import { contradictions } from "./contradictions.js";
import { at, highest, normalised, sum } from "./numbers.js";

/**
 * Turn logits into probabilities.
 * @param {number[]} logits
 * @param {number} [temperature] above 1 it makes them flatter
 * @returns {number[]} sums to 1
 */
export function softmax(logits, temperature = 1) {
  const scaled = logits.map((logit) => logit / temperature);
  const top = Math.max(...scaled);
  return normalised(scaled.map((value) => Math.exp(value - top)));
}

/**
 * Return P(label | its family): one softmax within each family.
 * @param {number[]} regional the logits, one for each label
 * @param {Description} description
 * @returns {number[]}
 */
export function conditional(regional, { labels, families, decoding }) {
  const scaled = regional.map((logit, label) => logit / at(decoding.temperatures.regional, at(labels, label).family));
  const tops = new Array(families).fill(-Infinity);
  labels.forEach(({ family }, label) => {
    tops[family] = Math.max(tops[family], at(scaled, label));
  });
  const powers = scaled.map((value, label) => Math.exp(value - tops[at(labels, label).family]));
  const totals = new Array(families).fill(0);
  labels.forEach(({ family }, label) => {
    totals[family] += at(powers, label);
  });
  return powers.map((power, label) => power / totals[at(labels, label).family]);
}

/**
 * Decode in all four ways.
 * @param {Logits} logits
 * @param {Description} description
 * @returns {Record<Strategy, number[]>} P(label) for each, which sums to 1
 */
export function decoded(logits, description) {
  const { labels, decoding } = description;
  const flat = softmax(logits.flat, decoding.temperatures.flat);
  const family = softmax(logits.family, decoding.temperatures.family);
  const within = conditional(logits.regional, description);
  const surest = highest(family);
  const soft = within.map((probability, label) => at(family, at(labels, label).family) * probability);
  const hard = within.map((probability, label) => (at(labels, label).family === surest ? probability : 0));
  return { flat, hard, soft, fused: fused(flat, soft, decoding.fusion_weight, decoding.floor) };
}

/**
 * Let the flat classifier and the two stages vote: flat**weight times soft**(1 - weight), normalised.
 * @param {number[]} flat
 * @param {number[]} soft
 * @param {number} weight the say of the flat classifier, from 0 to 1
 * @param {number} floor
 * @returns {number[]}
 */
function fused(flat, soft, weight, floor) {
  return softmax(
    flat.map(
      (one, label) =>
        weight * Math.log(Math.max(one, floor)) + (1 - weight) * Math.log(Math.max(at(soft, label), floor)),
    ),
  );
}

/**
 * Return what several photographs of a stone say together, and how sure the finder is of a gem in the best of them.
 *
 * Those in which no gem stands out do not count, unless it does in none. One alone stays as it is.
 * @param {View[]} views one at least
 * @param {Description} description
 * @returns {{probabilities: number[], score: number, like: boolean | null, contradictions: Contradiction[]}} whether
 *   those that count are like those that the model was calibrated on, and which of them contradict each other
 */
export function together(views, description) {
  const { stone_threshold, least_pooled } = description.answering;
  const withGem = views.filter((view) => view.score >= stone_threshold);
  const counted = withGem.length ? withGem : views;
  const rows = counted.map(
    (view) => decoded(view.logits, calibrated(description, view.like))[description.decoding.strategy],
  );
  return {
    probabilities: views.length > 1 ? pooled(rows, least_pooled) : at(rows, 0),
    score: Math.max(...counted.map((view) => view.score)),
    like: areLike(counted),
    contradictions: contradictions(rows, description),
  };
}

/**
 * Multiply what N photographs say, each to the power 1/N.
 * @param {number[][]} rows P(label) by each
 * @param {number} least what a label counts for that has no probability at all in one of them
 * @returns {number[]} sums to 1; 0 for a label that has 0 in each
 */
export function pooled(rows, least) {
  const labels = at(rows, 0).map((_, label) => rows.map((row) => at(row, label)));
  const logarithms = labels.map((column) => sum(column.map((p) => Math.log(Math.max(p, least)))) / rows.length);
  const top = Math.max(...logarithms);
  return normalised(
    labels.map((column, label) => (Math.max(...column) > 0 ? Math.exp(at(logarithms, label) - top) : 0)),
  );
}
