/**
 * The types of what the page holds, and of the engine that it is given.
 *
 * @import {View} from "../description.js"
 * @import {Prediction} from "../classify.js"
 * @import {Notice} from "../coach.js"
 * @import {Point} from "../white-balance.js"
 *
 * @typedef {[number, number, number, number]} Box left, top, right and bottom in pixels of the picture
 *
 * @typedef {import("../picture.js").Picture} Picture
 *
 * @typedef {import("../engine.js").Stone} Stone
 *
 * @typedef {import("../engine.js").Engine} Engine
 *
 * @typedef {object} Photograph
 * @property {string} name of its file
 * @property {Blob | null} source the file; null where only the session of an earlier visit is left
 * @property {Blob} preview a small JPEG of it
 * @property {number} width of the picture, in pixels
 * @property {number} height
 * @property {Stone[]} stones
 * @property {Box | null} box the stone that is meant; null where none stands out
 * @property {Point | null} white where the white paper lies
 * @property {View} view
 * @property {Notice[]} notices
 *
 * @typedef {object} Specimen one stone, with all that is known of it
 * @property {string} id
 * @property {string} begun when, as ISO 8601 has it
 * @property {Photograph[]} photographs
 * @property {Record<string, string>} texts readings, by the keys of the description
 * @property {boolean} trade whether it counts how common gems are
 * @property {string[]} only ids of what it can be; empty for everything
 * @property {string[]} without ids of what it cannot be
 * @property {number | null} guarantee the share of shortlists that shall hold the right gem; null for none
 * @property {string} right the id of what it is by the person's word; empty where nothing was said
 *
 * @typedef {object} Named a specimen and what it is taken for
 * @property {Specimen} specimen
 * @property {Prediction | null} prediction null where nothing is known of it
 */

export {};
