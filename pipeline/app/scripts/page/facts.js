/** What is known of a gem, for a person who wants to check it. */

/** @import {Description, Gem, Range} from "../description.js" */
/** @import {Text} from "./text.js" */

import { element } from "./elements.js";
import { capital } from "../wording.js";

/**
 * Return the facts of a gem as a list of terms.
 * @param {Gem} gem
 * @param {Description} description
 * @param {Text} text
 * @returns {HTMLElement}
 */
export function factsOf(gem, { readings }, text) {
  const { titles } = readings;
  /** @type {[string, string][]} */
  const rows = [
    [titles.index, rangeOf(gem.refractive_index, 3)],
    [titles.birefringence ?? "", rangeOf(gem.birefringence, 3)],
    [titles.optic_character ?? "", gem.optic_character.join(", ")],
    [titles.sg, rangeOf(gem.specific_gravity, 2)],
    [titles.hardness, rangeOf(gem.hardness, 1)],
    [titles.pleochroism ?? "", gem.pleochroism.join(", ")],
    [titles.fluorescence ?? "", gem.glow ?? gem.fluorescence.join(", ")],
  ];
  const known = rows.filter(([, value]) => value);
  if (!known.length) return element("p", { class: "quiet" }, text("facts.none"));
  return element(
    "dl",
    { class: "facts" },
    ...known.map(([title, value]) => element("div", {}, element("dt", {}, capital(title)), element("dd", {}, value))),
  );
}

/**
 * @param {Range | null} range
 * @param {number} decimals
 * @returns {string} "1.762 to 1.770", or one number where both are the same
 */
function rangeOf(range, decimals) {
  if (!range) return "";
  const [low, high] = [range[0].toFixed(decimals), range[1].toFixed(decimals)];
  return low === high ? low : `${low}–${high}`;
}
