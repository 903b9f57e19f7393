/** Sums, orders, and numbers as text. */

/**
 * @param {number[]} values
 * @returns {number}
 */
export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * Divide by the sum.
 * @param {number[]} weights
 * @returns {number[]}
 */
export function normalised(weights) {
  const total = sum(weights);
  return weights.map((weight) => weight / total);
}

/**
 * Return the place of the highest value; of equal ones, the first.
 * @param {number[]} values
 * @returns {number}
 */
export function highest(values) {
  return values.reduce((best, value, place) => (value > /** @type {number} */ (values[best]) ? place : best), 0);
}

/**
 * Return the places of the values, the highest first; those that are equal to so many decimals stay in order.
 * @param {number[]} values
 * @param {{ranking_decimals: number}} description
 * @returns {number[]}
 */
export function ranked(values, { ranking_decimals }) {
  const rounded = values.map(rounding(ranking_decimals));
  return values.map((_, place) => place).sort((one, other) => at(rounded, other) - at(rounded, one));
}

/**
 * @param {number} decimals
 * @returns {(value: number) => number}
 */
export function rounding(decimals) {
  return (value) => Math.round(value * 10 ** decimals) / 10 ** decimals;
}

/**
 * Return what stands at a place that is there.
 * @template T
 * @param {ArrayLike<T>} values
 * @param {number} place
 * @returns {T}
 */
export function at(values, place) {
  const found = values[place];
  if (found === undefined) throw new RangeError(`There is no place ${place} among ${values.length}.`);
  return found;
}

/**
 * Return the error function, by the series of Kummer, all of whose terms are positive (Abramowitz and Stegun 7.1.6).
 * @param {number} x
 * @returns {number} to about 1e-15; nan for nan
 */
export function erf(x) {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  let term = size;
  let total = size;
  for (let n = 1; term > total * 1e-17; n += 1) {
    term *= (2 * size * size) / (2 * n + 1);
    total += term;
  }
  return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-size * size) * total;
}

/**
 * Write a number with so many decimals. What lies halfway goes to the even digit, as Python has it.
 * @param {number} value
 * @param {number} decimals
 * @returns {string}
 */
export function fixed(value, decimals) {
  const text = value.toFixed(decimals);
  const isHalfway = /^50*$/.test(value.toFixed(decimals + 30).slice(-30));
  if (!isHalfway || Number(text.at(-1)) % 2 === 0) return text;
  return (Number(text) - Math.sign(value) * 10 ** -decimals).toFixed(decimals);
}

/**
 * Write a text in quotes, as Python's repr does.
 * @param {string} text
 * @returns {string}
 */
export function quoted(text) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  return quote + text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`) + quote;
}

/**
 * Round to a whole number; what lies halfway goes to the even one, as Python and OpenCV have it.
 * @param {number} value
 * @returns {number}
 */
export function toEven(value) {
  const below = Math.floor(value);
  const beyond = value - below;
  if (beyond !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
