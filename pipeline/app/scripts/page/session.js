/** The stones of a session: the one that is looked at, and all that were. */

/** @import {Description} from "../description.js" */
/** @import {Prediction} from "../classify.js" */
/** @import {Images} from "../records.js" */
/** @import {Text} from "./text.js" */
/** @import {Photograph, Specimen} from "./types.js" */

import { classify } from "../classify.js";
import { EvidenceError } from "../evidence-error.js";
import { givesShortlist } from "../shortlist.js";

/** So many gems are on the shortlist. */
const SHOWN = 6;

/** What earlier pages did not say of a photograph. */
const UNKNOWN = { like: null };

/**
 * Return a stone of which nothing is known yet.
 * @param {{trade: boolean, guarantee: number | null}} [before] the stone before it, of which it takes what is asked for
 * @returns {Specimen}
 */
export function newSpecimen({ trade, guarantee } = { trade: false, guarantee: null }) {
  const id = `${Date.now()}-${Math.random().toString(36).slice(2, 8)}`;
  const begun = new Date().toISOString();
  return { id, begun, photographs: [], texts: {}, trade, only: [], without: [], guarantee, right: "" };
}

/**
 * Return a stone that was kept with all that is asked of one; an earlier page knew less of it.
 * @param {Specimen} specimen
 * @returns {Specimen}
 */
export function completed(specimen) {
  const photographs = specimen.photographs.map((one) => ({ ...one, view: { ...UNKNOWN, ...one.view } }));
  return { ...newSpecimen(), ...specimen, photographs };
}

/**
 * @param {Specimen} specimen
 * @returns {boolean} whether nothing is known of it
 */
export function isEmpty({ photographs, texts }) {
  return !photographs.length && !Object.values(texts).some((value) => value.trim());
}

/**
 * Name a stone from its photographs and readings.
 * @param {Specimen} specimen
 * @param {Description} description
 * @param {Text} text
 * @param {number} [top] how many to rank at most
 * @returns {{prediction: Prediction | null, complaint: string}} a complaint where the readings do not go together; they
 *   are left out then
 */
export function named(specimen, description, text, top = SHOWN) {
  if (isEmpty(specimen)) return { prediction: null, complaint: "" };
  const views = specimen.photographs.map((photograph) => photograph.view);
  const { texts, only, without } = specimen;
  const prior = /** @type {"trade" | null} */ (specimen.trade ? "trade" : null);
  const asked = { top, guarantee: givesShortlist(views.length > 0, description) ? specimen.guarantee : null };
  try {
    const known = { texts, prior, only, without };
    return { prediction: classify(views, known, description, text, asked), complaint: "" };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    const photographsAlone = views.length ? classify(views, { prior }, description, text, asked) : null;
    return { prediction: photographsAlone, complaint: error.message };
  }
}

/**
 * Return which photographs an answer rests on.
 * @param {Photograph[]} photographs
 * @param {Description} description
 * @returns {Images}
 */
export function counted(photographs, { answering }) {
  const showGem = (/** @type {Photograph} */ { view }) => view.score >= answering.stone_threshold;
  const names = (/** @type {Photograph[]} */ some) => some.map((photograph) => photograph.name);
  const some = photographs.some(showGem);
  return {
    counted: names(some ? photographs.filter(showGem) : photographs),
    withoutGem: names(some ? photographs.filter((photograph) => !showGem(photograph)) : []),
  };
}
