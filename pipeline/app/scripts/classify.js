/** All from logits and readings to what is shown: the way in for a page. */

/** @import {Contradiction} from "./contradictions.js" */
/** @import {Answer, Description, Prior, Ranked, View} from "./description.js" */
/** @import {Explanation} from "./explanation.js" */
/** @import {Text} from "./page/text.js" */
/** @import {Shortlist} from "./shortlist.js" */

import { decide, thresholdFor } from "./answering.js";
import { calibrated } from "./calibration.js";
import { together } from "./decoding.js";
import { explain } from "./explanation.js";
import { isNovel } from "./novelty.js";
import { posterior } from "./posterior.js";
import { parseReadings } from "./reading-text.js";
import { credibleShortlist, shortlistOf } from "./shortlist.js";
import {
  answerInWords,
  cautionInWords,
  contradictionInWords,
  effectInWords,
  entryInWords,
  perhapsInWords,
  reasonOfRefusal,
  refusalInWords,
  shortlistInWords,
  testInWords,
} from "./wording.js";

/**
 * @typedef {object} Known what is known of a stone besides its photographs
 * @property {Record<string, string>} [texts] readings as people write them, by the keys of the description
 * @property {Record<string, number>} [errors] other standard errors of ri, birefringence, sg and hardness
 * @property {Prior | "trade" | null} [prior] how common gems are; null for all alike
 * @property {string[]} [only] ids of what it can be; empty for everything
 * @property {string[]} [without] ids of what it cannot be
 * @property {number} [wrong] the share of readings that are wrong altogether
 *
 * @typedef {object} Prediction
 * @property {Answer | null} answer the deepest node that is sure enough
 * @property {string | null} refused why there is no answer
 * @property {Ranked[]} families
 * @property {Ranked[]} subclasses
 * @property {Shortlist | null} shortlist null where none was asked for or promised, or no gem stands out
 * @property {Explanation} explanation
 * @property {boolean | null} like whether the photographs are like those that the model was calibrated on; null if that
 *   is not known
 * @property {boolean | null} novel whether the stone may be none of the gems that the model can name; null if that is
 *   not known
 * @property {Contradiction[]} contradictions between the photographs that count
 * @property {Words} words
 *
 * @typedef {object} Words the same as people read it
 * @property {string} answer the answer, or why there is none
 * @property {string} perhaps what it may be; empty where there is an answer
 * @property {string} caution what is promised without a photograph, or of some that are unlike those of the calibration,
 *   or that the stone may be novel; empty for others
 * @property {string[]} effects
 * @property {string} contradiction
 * @property {string[]} nextTests
 * @property {string} shortlist in a sentence; empty where there is none
 * @property {string[]} entries each that stands on it
 */

/** What is seen of a stone without a photograph. */
const READINGS_ALONE = { probabilities: null, score: 1, like: null, contradictions: [] };

/**
 * Name a stone.
 * @param {View[]} views its photographs; none where there are readings alone
 * @param {Known} known
 * @param {Description} description
 * @param {Text} text
 * @param {{precision?: number, guarantee?: number | null, top?: number}} [asked] the share of answers that shall be
 *   right, that of shortlists that shall hold the right label (of readings alone the probability of all that stands on
 *   one), and how many to rank
 * @returns {Prediction}
 * @throws {import("./evidence-error.js").EvidenceError} if what is known of it is no reading, or leaves no gem
 */
export function classify(views, known, description, text, { precision, guarantee = null, top = 5 } = {}) {
  const seen = views.length ? together(views, description) : READINGS_ALONE;
  const calibration = calibrated(description, seen.like);
  const right = precision ?? description.answering.default_precision;
  const threshold = thresholdFor(calibration, right);
  const evidence = evidenceOf(known, description);
  const after = posterior(seen.probabilities, evidence, description);
  const ofLabels = after.all.slice(0, description.labels.length);
  const decision = decide(ofLabels, seen.score, description, threshold, top);
  const explanation = explain(after, description, top);
  const { answer, noGem, families, subclasses } = decision;
  const shortlistBy = views.length ? shortlistOf : credibleShortlist;
  const shortlist = guarantee && !noGem ? shortlistBy(after, guarantee, calibration) : null;
  const novel = noGem ? null : isNovel(seen, evidence.readings.length > 0, description);
  const refused = answer ? null : reasonOfRefusal(noGem, seen.score, families[0], threshold, description);
  const perhaps = answer ? "" : perhapsInWords(families, subclasses, explanation.others, description, text);
  const unlike = seen.like === false && !noGem ? cautionInWords(description.unlike, right, guarantee, text) : "";
  const ofPhotographs = novel ? text("words.novel") : unlike;
  const words = {
    answer: answer ? answerInWords(answer, text) : refusalInWords(noGem, perhaps, text),
    perhaps,
    caution: views.length ? ofPhotographs : text("words.without-image"),
    effects: explanation.effects.map((effect) => effectInWords(effect, description, text)),
    contradiction: contradictionInWords(explanation, description, text),
    nextTests: explanation.nextTests.map((test) => testInWords(test, text)),
    shortlist: shortlist ? shortlistInWords(shortlist, description, text) : "",
    entries: shortlist?.entries.map((entry) => entryInWords(entry, text)) ?? [],
  };
  const { like, contradictions } = seen;
  return { answer, refused, families, subclasses, shortlist, explanation, like, novel, contradictions, words };
}

/**
 * @param {Known} known
 * @param {Description} description
 * @returns {import("./description.js").Evidence}
 */
export function evidenceOf({ texts = {}, errors, prior, only, without, wrong }, description) {
  return {
    readings: parseReadings(texts, description, errors),
    prior: (prior === "trade" ? description.posterior.trade : prior) ?? null,
    only: only ?? [],
    without: without ?? [],
    wrong: wrong ?? description.posterior.wrong_share,
  };
}
