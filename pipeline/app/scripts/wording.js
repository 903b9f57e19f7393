/** Answers and explanations as people read them. */

/** @import {Contradiction} from "./contradictions.js" */
/** @import {Answer, Description, Ranked} from "./description.js" */
/** @import {Explanation, ReadingEffect} from "./explanation.js" */
/** @import {NextTest} from "./next-tests.js" */
/** @import {Entry, Shortlist} from "./shortlist.js" */

import { at, fixed, sum } from "./numbers.js";

/**
 * @param {Answer} answer
 * @returns {string} Emerald (variety of beryl)
 */
export function answerInWords({ name, rank, above }) {
  const called = rank === "trade" ? "trade name" : rank;
  return above ? `${name} (${called} of ${above.toLowerCase()})` : `${name} (${called})`;
}

/**
 * Return why there is no answer, exactly.
 * @param {boolean} noGem
 * @param {number} score how sure the finder is of a gem
 * @param {Ranked | undefined} likeliest the most probable family
 * @param {number} threshold the least probability of an answer
 * @param {Description} description
 * @returns {string}
 */
export function reasonOfRefusal(noGem, score, likeliest, threshold, { answering, wording }) {
  if (noGem) {
    const asked = fixed(answering.stone_threshold, 3);
    return `${wording.no_gem}: the highest score is ${fixed(score, 3)}, and a gem has at least ${asked}`;
  }
  if (!likeliest) return wording.none_left;
  const [least, probability] = apart(threshold, likeliest.probability);
  return `no family reached ${least}: the likeliest, ${likeliest.name}, has ${probability}`;
}

/**
 * Return both with as many decimals as it takes to tell the two apart, and a threshold below 1 from 1.
 * @param {number} threshold
 * @param {number} probability
 * @returns {[string, string]}
 */
function apart(threshold, probability) {
  let decimals = 2;
  const shown = () => Number(fixed(threshold, decimals));
  while (decimals < 6 && (shown() === Number(fixed(probability, decimals)) || shown() === 1)) decimals += 1;
  return [fixed(threshold, decimals), fixed(probability, decimals)];
}

/**
 * Return why there is no answer, as one says it to a person: with what it may be.
 * @param {boolean} noGem
 * @param {Ranked[]} families
 * @param {Ranked[]} subclasses
 * @param {Ranked[]} others
 * @param {Description} description
 * @returns {string}
 */
export function refusalInWords(noGem, families, subclasses, others, { wording }) {
  if (noGem) return "No gem found.";
  const best = [...families, ...others].sort((one, other) => other.probability - one.probability).slice(0, 2);
  const likely = best.filter((gem) => gem.probability >= wording.worth_naming);
  const named = (likely.length ? likely : best.slice(0, 1)).map((family) => {
    const surest = subclasses.find((label) => label.id.startsWith(`${family.id}/`));
    const hasMost = surest && surest.probability >= wording.most * family.probability;
    const more = hasMost ? `: ${surest.name.toLowerCase()} ${fixed(surest.probability, 2)}` : "";
    return `${family.name} (${fixed(family.probability, 2)}${more})`;
  });
  return `Not sure. Perhaps ${named.join(" or ")}.`;
}

/**
 * @param {ReadingEffect} effect
 * @param {Description} description
 * @returns {string} refractive index 1.762-1.770 fits blue sapphire, ruby
 */
export function effectInWords(effect, description) {
  const isWrong = effect.wrong >= description.explanation.surely;
  const doubt = isWrong ? `; with the rest it is probably wrong (${fixed(effect.wrong, 2)})` : "";
  return `${effect.title} ${effect.given} ${fitsInWords(effect, description)}${doubt}`;
}

/**
 * @param {ReadingEffect} effect
 * @param {Description} description
 * @returns {string}
 */
function fitsInWords({ fits, fitsNames }, { explanation }) {
  if (!fits.length) return "fits none of the gems that are left";
  const names = fitsNames.slice(0, explanation.most_named).map((name) => name.toLowerCase());
  return `fits ${names.join(", ")}${fitsNames.length > explanation.most_named ? " and others" : ""}`;
}

/**
 * Return that no gem fits all readings, and what each fits; empty if one does.
 * @param {Explanation} explanation
 * @param {Description} description
 * @returns {string}
 */
export function contradictionInWords({ effects }, description) {
  const { probably } = description.explanation;
  if (effects.length < 2 || sum(effects.map((effect) => effect.wrong)) < probably) return "";
  const fits = effects.map((effect) => `the ${effect.title} ${effect.given} ${fitsInWords(effect, description)}`);
  return `No gem fits all readings: ${fits.join(", ")}. Measure again.`;
}

/**
 * Return that photographs contradict each other, and what the worst pair shows; empty if none do.
 * @param {Contradiction[]} contradictions
 * @param {string[]} names of the photographs that count
 * @returns {string}
 */
export function contradictionsInWords([worst], names) {
  if (!worst) return "";
  const said = worst.views.map((view, place) => {
    const { name, probability } = at(worst.families, place);
    return `${at(names, view)} ${place ? "" : "looks "}like ${name.toLowerCase()} (${fixed(probability, 2)})`;
  });
  return `The photographs contradict each other: ${said.join(", ")}. Do they show one stone?`;
}

/**
 * @param {NextTest} test
 * @returns {string} Refractive index: 1.76 to 1.77 is sapphire, 1.61 to 1.64 tourmaline.
 */
export function testInWords({ title, outcomes }) {
  const said = outcomes.map(({ value, name }, place) => `${value} ${place ? "" : "is "}${name.toLowerCase()}`);
  return `${at([...title], 0).toUpperCase()}${title.slice(1)}: ${said.join(", ")}.`;
}

/**
 * @param {Shortlist} shortlist
 * @param {Description} description
 * @returns {string} 95% sure to be one of: sapphire (all), tanzanite, iolite
 */
export function shortlistInWords({ guarantee, entries }, { shortlists: { most_named } }) {
  const share = Number((100 * guarantee).toPrecision(6));
  const names = entries.slice(0, most_named).map(entryInWords).join(", ");
  const more = entries.length > most_named ? ` and ${entries.length - most_named} more` : "";
  const isOne = entries.length === 1 && at(entries, 0).labels.length < 2;
  return `${share}% sure to be ${isOne ? "" : "one of: "}${names}${more}`;
}

/**
 * @param {Entry} entry
 * @returns {string} sapphire (all)
 */
export function entryInWords({ name, labels }) {
  return labels.length > 1 ? `${name.toLowerCase()} (all)` : name.toLowerCase();
}
