/**
 * What pictures and squares in them are.
 *
 * @typedef {object} Picture upright, in sRGB, what was transparent on white
 * @property {number} width
 * @property {number} height
 * @property {Uint8ClampedArray} data RGBA, row by row; A is 255
 *
 * @typedef {object} Square may reach over the picture's edge, where its outermost pixels count as repeated
 * @property {number} x left side, in whole pixels of the picture
 * @property {number} y upper side
 * @property {number} side at least 1
 */

export {};
