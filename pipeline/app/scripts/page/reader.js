/** From the file of a photograph to what the page holds of it. Only the picture that was used last stays in memory. */

/** @import {Description} from "../description.js" */
/** @import {Point} from "../white-balance.js" */
/** @import {Box, Engine, Photograph, Picture, Stone} from "./types.js" */

import { measure, notices } from "../coach.js";
import { balanced, gainsAt } from "../white-balance.js";

/** The longer side of a preview, in pixels. */
const PREVIEW = 960;

export class Reader {
  /** @type {{source: Blob, picture: Picture, white: Point | null, lit: Picture} | null} */
  #last = null;

  /**
   * @param {Promise<Engine>} engineReady
   * @param {Description} description
   */
  constructor(engineReady, description) {
    this.engineReady = engineReady;
    this.description = description;
  }

  /**
   * Read a file and look at the stone in it.
   * @param {Blob} source
   * @param {string} name
   * @param {(seen: {preview: Blob, picture: Picture}) => void} onDecoded as soon as there is something to be shown
   * @returns {Promise<Photograph>}
   */
  async read(source, name, onDecoded) {
    const engine = await this.engineReady;
    const picture = await this.#decoded(source);
    const preview = await previewOf(picture);
    onDecoded({ preview, picture });
    const stones = await engine.find(picture);
    const box = stones[0]?.box ?? null;
    const { width, height } = picture;
    const view = await engine.view(picture, box);
    const found = this.#notices(picture, stones, box, view.score);
    return { name, source, preview, width, height, stones, box, white: null, view, notices: found };
  }

  /**
   * Look at another stone of a photograph, or at the same in white light.
   * @param {Photograph} photograph
   * @param {{box: Box | null, white: Point | null}} change
   * @returns {Promise<Photograph>}
   * @throws {import("../white-balance.js").PatchError} if there is no white paper at that point
   */
  async lookAgain(photograph, { box, white }) {
    const { source } = photograph;
    if (!source) throw new RangeError(`${photograph.name} is not at hand any more.`);
    const engine = await this.engineReady;
    const picture = await this.#lit(source, white);
    const isRelit = !isSame(white, photograph.white);
    const stones = isRelit ? await engine.find(picture) : photograph.stones;
    const preview = isRelit ? await previewOf(picture) : photograph.preview;
    const meant = isRelit ? nearest(stones, box) : box;
    const view = await engine.view(picture, meant);
    const found = this.#notices(picture, stones, meant, view.score);
    return { ...photograph, preview, stones, box: meant, white, view, notices: found };
  }

  /**
   * @param {Blob} source
   * @returns {Promise<Picture>}
   */
  async #decoded(source) {
    if (this.#last?.source === source) return this.#last.picture;
    this.#last = null;
    const picture = await (await this.engineReady).decode(source);
    this.#last = { source, picture, white: null, lit: picture };
    return picture;
  }

  /**
   * Return a picture in white light; the same object as the last time, by which the engine knows it again.
   * @param {Blob} source
   * @param {Point | null} white where the white paper lies; null for the picture as it is
   * @returns {Promise<Picture>}
   */
  async #lit(source, white) {
    const picture = await this.#decoded(source);
    if (!white) return picture;
    if (this.#last && isSame(white, this.#last.white)) return this.#last.lit;
    const data = balanced(picture, gainsAt(picture, white, this.description.white_balance));
    const lit = { ...picture, data };
    this.#last = { source, picture, white, lit };
    return lit;
  }

  /**
   * @param {Picture} picture
   * @param {Stone[]} stones
   * @param {Box | null} box
   * @param {number} score
   */
  #notices(picture, stones, box, score) {
    return notices(measure(picture, box ?? [0, 0, picture.width, picture.height]), stones, score, this.description);
  }
}

/**
 * @param {Point | null} one
 * @param {Point | null} other
 * @returns {boolean}
 */
function isSame(one, other) {
  return one?.x === other?.x && one?.y === other?.y;
}

/**
 * Return the box of the stone whose middle lies in a box, or else the box as it is.
 * @param {Stone[]} stones
 * @param {Box | null} box
 * @returns {Box | null}
 */
function nearest(stones, box) {
  if (!box) return stones[0]?.box ?? null;
  const same = stones.find(({ box: [left, top, right, bottom] }) => {
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    return box[0] <= x && x < box[2] && box[1] <= y && y < box[3];
  });
  return same?.box ?? box;
}

/**
 * Return a small JPEG of a picture.
 * @param {Picture} picture
 * @returns {Promise<Blob>}
 */
async function previewOf({ width, height, data }) {
  const scale = Math.min(1, PREVIEW / Math.max(width, height));
  const [resizeWidth, resizeHeight] = [width, height].map((side) => Math.max(1, Math.round(scale * side)));
  const pixels = new ImageData(/** @type {Uint8ClampedArray<ArrayBuffer>} */ (data), width, height);
  const bitmap = await createImageBitmap(pixels, { resizeWidth, resizeHeight, resizeQuality: "medium" });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new RangeError("memory"))), "image/jpeg", 0.85),
  );
}
