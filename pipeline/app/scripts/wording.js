/** Answers and explanations as people read them, from the table of strings. */

/** @import {Contradiction} from "./contradictions.js" */
/** @import {Answer, Description, Ranked, Unlike} from "./description.js" */
/** @import {Explanation, ReadingEffect} from "./explanation.js" */
/** @import {NextTest} from "./next-tests.js" */
/** @import {Entry, Shortlist} from "./shortlist.js" */

/** @import {Text} from "./page/text.js" */

import { rowOfPrecision } from "./answering.js";
import { at, fixed, sum } from "./numbers.js";
import { rowOfGuarantee } from "./shortlist.js";

/** @type {Record<string, string>} */
const RANKS = {
  family: "rank.family",
  species: "rank.species",
  variety: "rank.variety",
  region: "rank.region",
  trade: "rank.trade",
};

/**
 * @param {string} rank
 * @param {Text} text
 * @returns {string}
 */
export function rankInWords(rank, text) {
  return text(RANKS[rank] ?? "rank.variety");
}

/**
 * @param {Answer} answer
 * @param {Text} text
 * @returns {string} Emerald (variety of beryl)
 */
export function answerInWords({ name, rank, above }, text) {
  const called = rankInWords(rank, text);
  if (!above) return text("words.answer-alone", { name, rank: called });
  return text("words.answer", { name, rank: called, above: above.toLowerCase() });
}

/**
 * Return why there is no answer, exactly, as it is exported.
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
 * @param {string} perhaps as `perhapsInWords` gives it
 * @param {Text} text
 * @returns {string}
 */
export function refusalInWords(noGem, perhaps, text) {
  return noGem ? text("words.no-gem") : text("words.unsure", { perhaps });
}

/**
 * @param {Ranked[]} families
 * @param {Ranked[]} subclasses
 * @param {Ranked[]} others
 * @param {Description} description
 * @param {Text} text
 * @returns {string} Perhaps Corundum (0.61: ruby 0.60) or Garnet (0.32).
 */
export function perhapsInWords(families, subclasses, others, { wording }, text) {
  const best = [...families, ...others].sort((one, other) => other.probability - one.probability).slice(0, 2);
  const likely = best.filter((gem) => gem.probability >= wording.worth_naming);
  const named = (likely.length ? likely : best.slice(0, 1)).map((family) => {
    const surest = subclasses.find((label) => label.id.startsWith(`${family.id}/`));
    const hasMost = surest && surest.probability >= wording.most * family.probability;
    const values = { name: family.name, probability: fixed(family.probability, 2) };
    if (!hasMost) return text("words.family", values);
    const share = fixed(surest.probability, 2);
    return text("words.family-of", { ...values, label: surest.name.toLowerCase(), share });
  });
  return text("words.perhaps", { gems: named.join(text("words.or")) });
}

/**
 * @param {ReadingEffect} effect
 * @param {Description} description
 * @param {Text} text
 * @returns {string} refractive index 1.762-1.770 fits blue sapphire, ruby
 */
export function effectInWords(effect, description, text) {
  const { title, given, wrong } = effect;
  const values = { title, given, fits: fitsInWords(effect, description, text) };
  if (wrong < description.explanation.surely) return text("words.effect", values);
  return text("words.effect-wrong", { ...values, probability: fixed(wrong, 2) });
}

/**
 * @param {ReadingEffect} effect
 * @param {Description} description
 * @param {Text} text
 * @returns {string}
 */
function fitsInWords({ fits, fitsNames }, { explanation: { most_named } }, text) {
  if (!fits.length) return text("words.fits-none");
  const names = listed(fitsNames.slice(0, most_named).map((name) => name.toLowerCase()), text);
  return text(fitsNames.length > most_named ? "words.fits-others" : "words.fits", { names });
}

/**
 * Return that no gem fits all readings, and what each fits; empty if one does.
 * @param {Explanation} explanation
 * @param {Description} description
 * @param {Text} text
 * @returns {string}
 */
export function contradictionInWords({ effects }, description, text) {
  const { probably } = description.explanation;
  if (effects.length < 2 || sum(effects.map((effect) => effect.wrong)) < probably) return "";
  const each = effects.map((effect) => {
    const fits = fitsInWords(effect, description, text);
    return text("words.the-reading", { title: effect.title, given: effect.given, fits });
  });
  return text("words.none-fits", { readings: listed(each, text) });
}

/**
 * Return that photographs contradict each other, and what the worst pair shows; empty if none do.
 * @param {Contradiction[]} contradictions
 * @param {string[]} names of the photographs that count
 * @param {Text} text
 * @returns {string}
 */
export function contradictionsInWords([worst], names, text) {
  if (!worst) return "";
  const said = worst.views.map((view, place) => {
    const { name, probability } = at(worst.families, place);
    const values = { photograph: at(names, view), family: name.toLowerCase(), probability: fixed(probability, 2) };
    return text(place ? "words.other-looks" : "words.looks", values);
  });
  return text("words.contradict", { photographs: listed(said, text) });
}

/**
 * @param {NextTest} test
 * @param {Text} text
 * @returns {string} Refractive index: 1.76 to 1.77 is sapphire, 1.61 to 1.64 tourmaline.
 */
export function testInWords({ title, outcomes }, text) {
  const said = outcomes.map(({ value, name }, place) =>
    text(place ? "words.other-outcome" : "words.outcome", { value, gem: name.toLowerCase() }),
  );
  return text("words.test", { title: capital(title), outcomes: listed(said, text) });
}

/**
 * @param {Shortlist} shortlist
 * @param {Description} description
 * @param {Text} text
 * @returns {string} 95% sure to be one of: sapphire (all), tanzanite, iolite
 */
export function shortlistInWords({ guarantee, entries }, { shortlists: { most_named } }, text) {
  const share = hundredths(guarantee);
  const names = listed(entries.slice(0, most_named).map((entry) => entryInWords(entry, text)), text);
  if (entries.length > most_named) return text("words.sure-more", { share, names, more: entries.length - most_named });
  const isOne = entries.length === 1 && at(entries, 0).labels.length < 2;
  return text(isOne ? "words.sure" : "words.sure-of", { share, names });
}

/**
 * @param {Entry} entry
 * @param {Text} text
 * @returns {string} sapphire (all)
 */
export function entryInWords({ name, labels }, text) {
  return labels.length > 1 ? text("words.all", { name: name.toLowerCase() }) : name.toLowerCase();
}

/**
 * Return what is promised of photographs that are unlike those that the model was calibrated on.
 * @param {Unlike | undefined} known the calibration of such
 * @param {number} precision the share of answers that shall be right
 * @param {number | null} guarantee the share of shortlists that shall hold the right gem; null for none
 * @param {Text} text
 * @returns {string}
 */
export function cautionInWords(known, precision, guarantee, text) {
  const unlike = text("words.unlike");
  if (!known) return text("words.unlike-unknown", { unlike });
  const missed = [];
  if (!rowOfPrecision(known.thresholds, precision)?.assured) {
    missed.push(text("words.missed-right", { share: hundredths(precision) }));
  }
  if (guarantee && !rowOfGuarantee(known.shortlists, guarantee)?.assured) {
    missed.push(text("words.missed-shortlist", { share: hundredths(guarantee) }));
  }
  const number = known.stones.toLocaleString(text("page.language"));
  const stones = text(known.stones === 1 ? "words.stone" : "words.stones", { number });
  if (!missed.length) return text("words.unlike-promised", { unlike, stones });
  return text("words.unlike-missed", { unlike, stones, missed: missed.join(text("words.or")) });
}

/**
 * @param {number} share
 * @returns {number} in hundredths, of which six digits are shown at most
 */
function hundredths(share) {
  return Number((100 * share).toPrecision(6));
}

/**
 * @param {string[]} words
 * @param {Text} text
 * @returns {string}
 */
function listed(words, text) {
  return words.join(text("words.comma"));
}

/**
 * @param {string} words
 * @returns {string} with a capital letter in front
 */
export function capital(words) {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
