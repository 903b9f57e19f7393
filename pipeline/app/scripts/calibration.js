/** By which calibration a picture is answered: models/bundle/info.py. */

/** @import {Description, View} from "./description.js" */

/**
 * Return the description with the calibration of unlike pictures in the place of that of the others, where there is one.
 * @param {Description} description
 * @param {boolean | null} like whether the picture is like those that the model was calibrated on
 * @returns {Description}
 */
export function calibrated(description, like) {
  const { unlike, decoding, answering, shortlists } = description;
  if (like !== false || !unlike) return description;
  return {
    ...description,
    decoding: { ...decoding, ...unlike.decoding },
    answering: { ...answering, thresholds: unlike.thresholds },
    shortlists: { ...shortlists, rows: unlike.shortlists },
  };
}

/**
 * @param {View[]} views photographs of one stone
 * @returns {boolean | null} whether each is like those that the model was calibrated on; null if that is not known of one
 */
export function areLike(views) {
  return views.some(({ like }) => like === null) ? null : views.every(({ like }) => like);
}
