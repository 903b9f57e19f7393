/** Which measurement would tell the present candidates apart best, by its expected information for its cost. */

/** @import {Description, Gem, Range, TestKey} from "./description.js" */

import { at, normalised, ranked, sum } from "./numbers.js";
import { density, within } from "./readings.js";
import { outcomes } from "./test-outcomes.js";

/**
 * @typedef {{value: string, id: string, name: string}} Outcome what a test would show for one of the candidates
 * @typedef {{key: TestKey, title: string, bits: number, outcomes: Outcome[]}} NextTest
 */

/**
 * Return the tests that are worth most, best first.
 * @param {number[]} all how probable the candidates are now
 * @param {Description} description
 * @param {string[]} done keys of the readings that there are already
 * @returns {NextTest[]}
 */
export function nextTests(all, description, done) {
  const { tests, most_candidates, least_weighed, most_proposed, least_bits } = description.next_tests;
  const likeliest = ranked(all, description)
    .slice(0, most_candidates)
    .filter((place) => at(all, place) >= least_weighed);
  const gems = likeliest.map((place) => at(description.candidates, place));
  const total = sum(likeliest.map((place) => at(all, place)));
  const weights = likeliest.map((place) => at(all, place) / total);
  const open = tests.filter(({ key }) => !done.includes(key));
  const worth = open.map(({ key }) => bits(key, gems, weights, description));
  return ranked(
    open.map(({ cost }, place) => at(worth, place) / cost),
    description,
  )
    .map((place) => ({ ...at(open, place), bits: at(worth, place) }))
    .map(({ key, title, bits }) => ({ key, title, bits, outcomes: outcomes(key, gems, weights, description) }))
    .filter((test) => test.bits >= least_bits && test.outcomes.length > 1)
    .slice(0, most_proposed);
}

/**
 * Return the mutual information of gem and reading in bits.
 * @param {TestKey} key
 * @param {Gem[]} gems
 * @param {number[]} weights
 * @param {Description} description
 * @returns {number}
 */
function bits(key, gems, weights, description) {
  const { readings } = description;
  const { errors } = readings;
  switch (key) {
    case "ri": {
      const opaque = sum(weights.filter((_, row) => at(gems, row).spot_only));
      const shown = gems.map(({ mean_index }) => mean_index && upTo(mean_index, readings.limit));
      const doubled = gems.map((gem) => gem.birefringence);
      const both =
        numeric(shown, opaque > 0.5 ? errors.spot : errors.index, weights, description) +
        numeric(doubled, errors.birefringence, weights, description);
      return Math.min(both, -sum(weights.map((weight) => weight * Math.log2(weight))));
    }
    case "sg": {
      const gravities = gems.map((gem) => gem.specific_gravity);
      return numeric(gravities, errors.sg, weights, description);
    }
    case "optic_character":
    case "pleochroism":
    case "fluorescence":
      return information(
        gems.map((gem) => answers(key, gem, description)),
        weights,
      );
  }
}

/**
 * Return how probable each answer of a test is for a gem.
 * @param {"optic_character" | "pleochroism" | "fluorescence"} key
 * @param {Gem} gem
 * @param {Description} description
 * @returns {number[]}
 */
function answers(key, gem, description) {
  const given = { key, title: "", text: "" };
  if (key === "optic_character") {
    return description.readings.optic_characters.map((seen) =>
      density({ ...given, kind: "character", characters: [seen] }, gem, description),
    );
  }
  return description.readings.strengths.map((strength) =>
    density({ ...given, kind: "strength", property: key, strength }, gem, description),
  );
}

/**
 * @param {Range} range
 * @param {number} limit
 * @returns {Range}
 */
function upTo([low, high], limit) {
  return [Math.min(low, limit), Math.min(high, limit)];
}

/**
 * Return the mutual information of the gem and a number with this error.
 * @param {(Range | null)[]} ranges
 * @param {number} error
 * @param {number[]} weights
 * @param {Description} description
 * @returns {number}
 */
function numeric(ranges, error, weights, { next_tests, readings }) {
  const known = ranges.filter((range) => range !== null);
  if (!known.length) return 0;
  const lowest = Math.min(...known.flat()) - next_tests.tails * error;
  const highest = Math.max(...known.flat()) + next_tests.tails * error;
  const step = (highest - lowest) / (next_tests.steps - 1);
  const wider = Math.max(error, (highest - lowest) / next_tests.steps);
  const values = Array.from({ length: next_tests.steps }, (_, place) => lowest + place * step);
  const densities = ranges.map((range) => values.map((value) => within(range, value, wider, readings.point_width)));
  return information(densities, weights);
}

/**
 * Return the mutual information in bits, of gems for which the property is known.
 * @param {number[][]} answers how probable each answer is for each gem, up to a factor; nan where it is not known
 * @param {number[]} weights how probable each gem is
 * @returns {number}
 */
function information(answers, weights) {
  const known = answers.map((_, row) => row).filter((row) => sum(at(answers, row)) > 0);
  if (!known.length) return 0;
  const shares = known.map((row) => at(weights, row));
  const total = sum(shares);
  const ofGem = known.map((row) => normalised(at(answers, row)));
  const ofAll = at(ofGem, 0).map((_, answer) =>
    sum(ofGem.map((row, place) => (at(shares, place) * at(row, answer)) / total)),
  );
  const gains = ofGem.map((row) => sum(row.map((p, answer) => (p > 0 ? p * Math.log2(p / at(ofAll, answer)) : 0))));
  return sum(gains.map((gain, place) => at(shares, place) * gain));
}
