/** The words of the page, from the table of strings. */

/** @typedef {(key: string, values?: Record<string, string | number>) => string} Text */

/**
 * Return the function that gives the text of a key, with values in place of what stands in braces.
 * @param {Record<string, string>} strings
 * @returns {Text}
 */
export function textOf(strings) {
  return (key, values = {}) => {
    const found = strings[key];
    if (found === undefined) throw new RangeError(`The table of strings has no ${key}.`);
    return found.replaceAll(/\{(\w+)\}/g, (_, name) => {
      const value = values[name];
      if (value === undefined) throw new RangeError(`${key} needs a value for ${name}.`);
      return String(value);
    });
  };
}

/**
 * @param {number} probability
 * @returns {string} "83%"; what is not quite sure or not quite out of the question does not become 100% or 0%
 */
export function percent(probability) {
  if (probability > 0 && probability < 0.01) return "<1%";
  if (probability < 1 && probability > 0.99) return ">99%";
  return `${Math.round(100 * probability)}%`;
}
