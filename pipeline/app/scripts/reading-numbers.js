/** The numbers in what people write. */

/** @import {Description, Range} from "./description.js" */

import { EvidenceError } from "./evidence-error.js";
import { at, quoted } from "./numbers.js";

/**
 * Read a number.
 * @param {string} text
 * @param {string} title what it is of
 * @param {Range} bounds between which it lies
 * @param {string} given the whole of what was written
 * @param {Description} description
 * @returns {number}
 */
export function number(text, title, bounds, given, { reading_text }) {
  const said = `${title} ${quoted(given)}`;
  if (whole(reading_text.number).test(text)) {
    const value = Number(text);
    if (bounds[0] <= value && value <= bounds[1]) return value;
    throw new EvidenceError(`${said}: it lies between ${bounds[0]} and ${bounds[1]}. Read it again.`);
  }
  if (new RegExp(reading_text.comma).test(text)) {
    throw new EvidenceError(`${said}: write a point for the comma, ${given.replaceAll(",", ".")}.`);
  }
  if (new RegExp(`^(?:${reading_text.number})`).test(text)) {
    throw new EvidenceError(`${said}: give the number alone, without a unit or a word.`);
  }
  throw new EvidenceError(
    `${said} is not a number. Write it like ${reading_text.examples[title] ?? reading_text.other_example}.`,
  );
}

/**
 * Read two numbers, "1.762-1.770"; null if a text is not of two.
 * @param {string} text
 * @param {string} title
 * @param {Range} bounds
 * @param {Description} description
 * @returns {Range | null}
 */
export function twoNumbers(text, title, bounds, description) {
  const two = text.match(whole(description.reading_text.two));
  if (!two) return null;
  const [low, high] = [at(two, 1), at(two, 2)];
  const values = /** @type {Range} */ ([low, high].map((part) => number(part, title, bounds, text, description)));
  if (values[0] > values[1]) {
    const what = title === "hardness" ? "value" : "reading";
    throw new EvidenceError(`${title} ${quoted(text)}: the lower ${what} comes first. Write ${high}-${low}.`);
  }
  return values;
}

/**
 * Return a pattern of which a text must be the whole.
 * @param {string} pattern
 * @param {string} [flags]
 * @returns {RegExp}
 */
export function whole(pattern, flags) {
  return new RegExp(`^(?:${pattern})$`, flags);
}
