/** What a test would show for the likeliest gems, in words. */

/** @import {Description, Gem, Range, TestKey} from "./description.js" */
/** @import {Outcome} from "./next-tests.js" */

import { at, fixed, ranked, sum } from "./numbers.js";

/**
 * Return what the likeliest gems would show: of several families, or else of several gems of one.
 * @param {TestKey} key
 * @param {Gem[]} gems
 * @param {number[]} weights how probable they are
 * @param {Description} description
 * @returns {Outcome[]}
 */
export function outcomes(key, gems, weights, description) {
  const { least_named, most_named } = description.next_tests;
  const named = gems.map((_, row) => row).filter((row) => at(weights, row) >= least_named);
  /** @type {Map<string, number[]>} */
  const byFamily = new Map();
  for (const row of named) {
    const { family } = at(gems, row);
    byFamily.set(family, [...(byFamily.get(family) ?? []), row]);
  }
  const groups = byFamily.size > 1 ? [...byFamily.values()] : named.map((row) => [row]);
  const ofGroups = groups.map((rows) => sum(rows.map((row) => at(weights, row))));
  /** @type {Map<string, Outcome>} */
  const found = new Map();
  for (const rows of ranked(ofGroups, description).map((place) => at(groups, place))) {
    const group = rows.map((row) => at(gems, row));
    const value = shown(key, group, description);
    if (value !== null && !found.has(value)) {
      found.set(value, { value, id: at(group, 0).id, name: commonName(group, description) });
    }
  }
  return [...found.values()].slice(0, most_named);
}

/**
 * Return what a test shows for some gems; null if that is not known.
 * @param {TestKey} key
 * @param {Gem[]} gems
 * @param {Description} description
 * @returns {string | null}
 */
function shown(key, gems, { readings }) {
  switch (key) {
    case "ri": {
      const decimals = gems.some((gem) => gem.spot_only) ? 2 : 3;
      const ranges = gems.map((gem) => gem.refractive_index);
      const isOver = ranges.every((range) => range && range[0] > readings.limit);
      return isOver ? `over ${fixed(readings.limit, 2)}` : rangeShown(ranges, decimals);
    }
    case "sg": {
      const ranges = gems.map((gem) => gem.specific_gravity);
      return rangeShown(ranges, 2);
    }
    case "optic_character":
      return either(readings.optic_characters, gems, (gem) => gem.optic_character);
    case "pleochroism":
      return either(readings.strengths, gems, (gem) => gem.pleochroism);
    case "fluorescence": {
      const glows = new Set(gems.flatMap((gem) => gem.glow ?? []));
      return glows.size === 1 ? ([...glows][0] ?? null) : null;
    }
  }
}

/**
 * @param {(Range | null)[]} ranges
 * @param {number} decimals
 * @returns {string | null}
 */
function rangeShown(ranges, decimals) {
  const known = ranges.filter((range) => range !== null);
  if (known.length < ranges.length) return null;
  const low = fixed(Math.min(...known.flat()), decimals);
  const high = fixed(Math.max(...known.flat()), decimals);
  return low === high ? low : `${low} to ${high}`;
}

/**
 * @param {string[]} choices in the order in which they are named
 * @param {Gem[]} gems
 * @param {(gem: Gem) => string[]} known
 * @returns {string | null}
 */
function either(choices, gems, known) {
  const seen = gems.flatMap(known);
  return choices.filter((choice) => seen.includes(choice)).join(" or ") || null;
}

/**
 * Return the name of one gem, or of what several have in common.
 * @param {Gem[]} gems
 * @param {Description} description
 * @returns {string}
 */
function commonName(gems, { nodes }) {
  const [first, ...others] = gems;
  if (!first) return "";
  let id = first.id;
  while (others.some((gem) => gem.id !== id && !gem.id.startsWith(`${id}/`))) id = id.slice(0, id.lastIndexOf("/"));
  return id === first.id ? first.name : (nodes.find((node) => node.id === id)?.name ?? first.name);
}
