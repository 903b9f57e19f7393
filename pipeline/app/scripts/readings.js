/** How probable what was measured on a stone is for each gem. */

/** @import {Description, Gem, Range} from "./description.js" */

import { at, erf, sum } from "./numbers.js";

/**
 * @typedef {{key: string, title: string, text: string}} Given
 * @typedef {Given & {kind: "edges", low: number, high: number, error: number}} Edges
 * @typedef {Given & {kind: "over", limit: number}} Over
 * @typedef {Given & {kind: "number", property: NumericProperty, value: number, error: number}} Measured
 * @typedef {Given & {kind: "character", characters: string[]}} Character
 * @typedef {Given & {kind: "strength", property: "pleochroism" | "fluorescence", strength: string}} Strength
 * @typedef {Edges | Over | Measured | Character | Strength} Reading
 *
 * @typedef {"refractive_index" | "birefringence" | "specific_gravity" | "hardness"} NumericProperty
 *
 * @typedef {object} Weighed what a reading says of the candidates
 * @property {boolean[]} known whether the property is known of the gem
 * @property {number[]} likelihood how probable the reading is for the gem
 * @property {number[]} wrong how probable it is, if it is this gem, that the reading is wrong
 */

/**
 * Weigh gems by a reading, right or wrong.
 * @param {Reading} reading
 * @param {number} wrong the share of readings that are wrong
 * @param {Description} description
 * @returns {Weighed}
 */
export function weigh(reading, wrong, description) {
  const densities = description.candidates.map((gem) => density(reading, gem, description));
  const known = densities.map((value) => !Number.isNaN(value));
  const ofKnown = densities.filter((value) => !Number.isNaN(value));
  const background = backgroundOf(reading, description);
  const average = ofKnown.length ? sum(ofKnown) / ofKnown.length : background;
  const byMistake = (wrong * (background + average)) / 2;
  const likelihood = densities.map((value) => (1 - wrong) * (Number.isNaN(value) ? average : value) + byMistake);
  return { known, likelihood, wrong: likelihood.map((value) => byMistake / value) };
}

/**
 * Return how probable a reading is for a gem, if it is not wrong; nan where nothing is known.
 * @param {Reading} reading
 * @param {Gem} gem
 * @param {Description} description
 * @returns {number}
 */
export function density(reading, gem, { readings }) {
  switch (reading.kind) {
    case "edges": {
      const { low, high, error } = reading;
      const apart = error * Math.sqrt(2);
      const mean = within(gem.mean_index, (low + high) / 2, error, readings.point_width);
      const doubling = gem.birefringence ?? (gem.spot_only ? readings.blurred : null);
      const difference = doubling && within(doubling, high - low, apart, readings.point_width);
      return mean * (difference ?? 1 / span(readings.bounds.birefringence));
    }
    case "over": {
      if (!gem.mean_index) return NaN;
      const [low, high] = gem.mean_index;
      const width = Math.max(high - low, readings.errors.index);
      return Math.min(Math.max((low + width - reading.limit) / width, 0), 1);
    }
    case "number":
      return within(gem[reading.property], reading.value, reading.error, readings.point_width);
    case "character": {
      const fitting = gem.optic_character.filter((seen) => reading.characters.includes(seen));
      return fitting.length / gem.optic_character.length;
    }
    case "strength": {
      const seen = readings.strengths.indexOf(reading.strength);
      const known = gem[reading.property];
      return sum(known.map((own) => at(at(readings.called, readings.strengths.indexOf(own)), seen))) / known.length;
    }
  }
}

/**
 * Return how probable a reading is, if it can be any value that there is.
 * @param {Reading} reading
 * @param {Description} description
 * @returns {number}
 */
function backgroundOf(reading, { readings }) {
  switch (reading.kind) {
    case "edges":
      return 1 / (span(readings.bounds.refractive_index) * span(readings.bounds.birefringence));
    case "over":
      return readings.overlooked;
    case "number":
      return 1 / span(readings.bounds[reading.property]);
    case "character":
      return reading.characters.length / readings.optic_characters.length;
    case "strength":
      return 1 / readings.strengths.length;
  }
}

/**
 * Return the density of a reading whose true value lies anywhere in a range.
 * @param {Range | null} range nan if it is null
 * @param {number} value what was read
 * @param {number} error its standard error
 * @param {number} pointWidth the width of a range of one point, in standard errors
 * @returns {number}
 */
export function within(range, value, error, pointWidth) {
  if (!range) return NaN;
  const [lowest, highest] = range;
  const width = Math.max(highest - lowest, error * pointWidth);
  const low = (lowest + highest - width) / 2;
  const above = (value - low) / error;
  const below = (value - low - width) / error;
  // Far from the range the rounding of the two could leave less than nothing.
  return Math.max(erf(above / Math.sqrt(2)) - erf(below / Math.sqrt(2)), 0) / 2 / width;
}

/**
 * @param {Range} bounds
 * @returns {number}
 */
function span([low, high]) {
  return high - low;
}
