/** Readings as people write them: 1.762-1.770, >1.80, 4.00, uniaxial-, strong. */

/** @import {Description} from "./description.js" */
/** @import {NumericProperty, Reading} from "./readings.js" */

import { EvidenceError } from "./evidence-error.js";
import { at, fixed, quoted } from "./numbers.js";
import { number, twoNumbers, whole } from "./reading-numbers.js";

/**
 * Read what was measured on one stone.
 * @param {Record<string, string>} texts what was read, by the keys of the description; empty ones are left out
 * @param {Description} description
 * @param {Record<string, number>} [errors] other standard errors of ri, birefringence, sg and hardness
 * @returns {Reading[]} one for each property, in the order of the keys
 */
export function parseReadings(texts, description, errors = {}) {
  const { keys, weights } = description.reading_text;
  const trimmed = Object.entries(texts).map(([key, text]) => /** @type {const} */ ([key, text.trim()]));
  const given = Object.fromEntries(trimmed.filter(([, text]) => text));
  /** @type {Record<string, Reading>} */
  const found = {};
  for (const key of keys) {
    const text = given[key];
    if (text !== undefined) found[key] = parsed(key, text, errors[key], description);
  }
  if (found.ri?.kind === "edges" && found.birefringence) {
    throw new EvidenceError(
      `Two readings of the refractive index, ${given.ri}, give the birefringence already. ` +
        "Leave the birefringence out.",
    );
  }
  const [air, water] = weights.map((key) => given[key]);
  if (air !== undefined || water !== undefined) {
    if (found.sg) throw new EvidenceError("The specific gravity is given and weighed. Give one of the two.");
    if (air === undefined || water === undefined) {
      const [one, other] = air === undefined ? [weights[1], weights[0]] : weights;
      throw new EvidenceError(`The ${words(one)} is given alone. Give the ${words(other)} too.`);
    }
    found.sg = weighed(air, water, errors.sg, description);
  }
  return keys.flatMap((key) => found[key] ?? []);
}

/**
 * @param {string} key
 * @param {string} text
 * @param {number | undefined} error
 * @param {Description} description
 * @returns {Reading}
 */
function parsed(key, text, error, description) {
  const { bounds, errors, titles } = description.readings;
  const title = titles[key] ?? key;
  switch (key) {
    case "ri":
      return refractiveIndex(text, error, description);
    case "birefringence": {
      const value = number(text, title, bounds.birefringence, text, description);
      return measured(key, title, text, "birefringence", value, error || errors.birefringence);
    }
    case "sg": {
      const value = number(text, title, bounds.specific_gravity, text, description);
      return measured(key, title, text, "specific_gravity", value, error || errors.sg);
    }
    case "hardness":
      return hardness(text, error, description);
    case "optic_character":
      return { kind: "character", key, title, text, characters: characters(text, title, description) };
    case "pleochroism":
    case "fluorescence":
      return { kind: "strength", key, title, text, property: key, strength: strength(text, title, description) };
    default:
      throw new RangeError(`No reading is called ${key}.`);
  }
}

/**
 * @param {string} key
 * @param {string} title
 * @param {string} text
 * @param {NumericProperty} property
 * @param {number} value
 * @param {number} error
 * @returns {Reading}
 */
function measured(key, title, text, property, value, error) {
  return { kind: "number", key, title, text, property, value, error };
}

/**
 * @param {string} text
 * @param {number | undefined} error
 * @param {Description} description
 * @returns {Reading}
 */
function refractiveIndex(text, error, description) {
  const { readings, reading_text } = description;
  const { index: title, spot } = readings.titles;
  const above = text.match(whole(reading_text.above, "i"));
  if (above) {
    const limit = number(at(above, 1), title, reading_text.limits, text, description);
    return { kind: "over", key: "ri", title, text, limit };
  }
  const two = twoNumbers(text, title, readings.bounds.refractive_index, description);
  if (!two) {
    const value = number(text, title, readings.bounds.refractive_index, text, description);
    return measured("ri", spot, text, "refractive_index", value, error || readings.errors.spot);
  }
  const [low, high] = two;
  if (high - low > readings.bounds.birefringence[1]) {
    throw new EvidenceError(
      `${title} ${quoted(text)}: no gem has two indices ${fixed(high - low, 3)} apart. Read both again.`,
    );
  }
  return { kind: "edges", key: "ri", title, text, low, high, error: error || readings.errors.index };
}

/**
 * @param {string} text
 * @param {number | undefined} error
 * @param {Description} description
 * @returns {Reading}
 */
function hardness(text, error, description) {
  const { bounds, errors, titles } = description.readings;
  const title = titles.hardness;
  const least = error || errors.hardness;
  const two = twoNumbers(text, title, bounds.hardness, description);
  if (two) {
    const [low, high] = two;
    return measured("hardness", title, text, "hardness", (low + high) / 2, Math.max(least, (high - low) / 2));
  }
  return measured("hardness", title, text, "hardness", number(text, title, bounds.hardness, text, description), least);
}

/**
 * Return the specific gravity by Archimedes' principle: weight in air over loss of weight in water.
 * @param {string} airText
 * @param {string} waterText
 * @param {number | undefined} error
 * @param {Description} description
 * @returns {Reading}
 */
function weighed(airText, waterText, error, description) {
  const { readings, reading_text } = description;
  const [inAir, inWater] = reading_text.weights;
  const text = `${airText} in air, ${waterText} in water`;
  const air = number(airText, words(inAir), reading_text.weight_range, airText, description);
  const water = number(waterText, words(inWater), reading_text.weight_range, waterText, description);
  if (!(0 < water && water < air)) {
    throw new EvidenceError(`A stone weighs less in water than in air. Received: ${text}. Weigh again.`);
  }
  const gravity = (reading_text.water * air) / (air - water);
  const [low, high] = readings.bounds.specific_gravity;
  if (!(low <= gravity && gravity <= high)) {
    throw new EvidenceError(
      `${text}: that is a specific gravity of ${fixed(gravity, 2)}, which no gem has. Weigh again, in one unit.`,
    );
  }
  // First order: d(air / (air - water)) by both weighings, each with the error of the balance.
  const byWeights = (gravity * reading_text.weight_error * Math.hypot(water / air, 1)) / (air - water);
  const wider = error || Math.max(readings.errors.sg, byWeights);
  return measured("sg", readings.titles.sg, text, "specific_gravity", gravity, wider);
}

/**
 * @param {string} text
 * @param {string} title
 * @param {Description} description
 * @returns {string[]}
 */
function characters(text, title, { readings, reading_text }) {
  const key = text.toLowerCase().replaceAll("−", "-").split(/\s+/).join(" ");
  const signed = key.replaceAll(" +", "+").replaceAll(" -", "-");
  const named = reading_text.character_names[signed] ?? signed;
  const found = reading_text.wider_characters[named] ?? [named];
  if (!found.every((seen) => readings.optic_characters.includes(seen))) {
    const choices = [...readings.optic_characters, ...Object.keys(reading_text.wider_characters)];
    throw new EvidenceError(`${title} ${quoted(text)} is not known. Choose one of ${choices.join(", ")}.`);
  }
  return found;
}

/**
 * @param {string} text
 * @param {string} title
 * @param {Description} description
 * @returns {string}
 */
function strength(text, title, { readings, reading_text }) {
  const named = reading_text.strength_names[text.toLowerCase()] ?? text.toLowerCase();
  if (readings.strengths.includes(named)) return named;
  throw new EvidenceError(
    `${title} ${quoted(text)} is not known. Choose one of ${readings.strengths.join(", ")}.`,
  );
}

/**
 * @param {string} key
 * @returns {string}
 */
function words(key) {
  return key.replaceAll("_", " ");
}
