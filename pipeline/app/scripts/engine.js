/** From a photograph to what the networks say of its stones: the other way in for a page, before `classify.js`. */

/** @import {Description, View} from "./description.js" */
/** @import {Found, Seen} from "./finder.js" */
/** @import {LiteRt} from "@litertjs/core" */
/** @import {Picture, Square} from "./picture.js" */

import { covered, cropped, wholePicture, withoutAlpha } from "./crop.js";
import { decode } from "./decode.js";
import { Finder } from "./finder.js";
import { Likeness } from "./likeness.js";
import { Network } from "./network.js";
import { turned, turnsUpright } from "./turning.js";

/**
 * @typedef {[number, number, number, number]} Box left, top, right and bottom in pixels of the picture
 *
 * @typedef {object} Stone
 * @property {Box} box a square with a margin, which may reach over the picture's edge
 * @property {number} score how surely it is a gem, 0 to 1
 *
 * @typedef {object} Engine
 * @property {(source: Blob) => Promise<Picture>} decode throws an ImageError
 * @property {(picture: Picture) => Promise<Stone[]>} find the most prominent first, which is named when nobody says
 *   which; empty where none stands out
 * @property {(picture: Picture, box: Box | null) => Promise<View>} view what is said of the stone in a box, around which
 *   the smallest square is taken; null for the most prominent one, or all of the picture where there is none
 *
 * @typedef {object} Parts
 * @property {Promise<LiteRt>} runtime started
 * @property {Promise<Uint8Array>} finder the content of the .tflite file, with a batch of 1
 * @property {Promise<Uint8Array>} network the same of the network that names
 * @property {Description} description
 */

/**
 * Get ready: load each network as soon as it is there.
 * @param {Parts} parts
 * @returns {Promise<Engine>}
 */
export async function startEngine({ runtime, finder, network, description }) {
  /** @param {Promise<Uint8Array>} content */
  const loaded = async (content) => Network.load(...(await Promise.all([runtime, content])));
  const [seeing, naming] = await Promise.all([loaded(finder), loaded(network)]);
  const finding = new Finder(seeing, description);
  const likeness = description.likeness ? new Likeness(description.likeness) : null;
  /** @type {WeakMap<Picture, Promise<Seen>>} */
  const known = new WeakMap();

  /** @param {Picture} picture */
  const seen = (picture) => {
    const finished = known.get(picture) ?? finding.seen(picture);
    known.set(picture, finished);
    return finished;
  };

  return {
    decode: (source) => decode(source, description),

    async find(picture) {
      return (await seen(picture)).stones.map(({ square: { x, y, side }, score }) => ({
        box: [x, y, x + side, y + side],
        score,
      }));
    },

    async view(picture, box) {
      const { stones, features } = await seen(picture);
      const { square, score } = box ? meant(box, stones) : (stones[0] ?? { square: wholePicture(picture), score: 0 });
      const cut = cropped(picture, square, naming.size, description);
      const crop = turned(cut, turnsUpright(picture, description));
      const outline = await finding.outline(crop);
      const { flat, family, regional } = await naming.run(withoutAlpha(covered(crop, outline.mask, description)));
      if (!flat || !family || !regional) throw new Error("The network does not have the three heads.");
      return {
        score: score ?? outline.score,
        logits: { flat: [...flat], family: [...family], regional: [...regional] },
        like: likeness?.isLike(features, Math.min(picture.width, picture.height)) ?? null,
      };
    },
  };
}

/**
 * @param {Box} box
 * @param {Found[]} stones
 * @returns {{square: Square, score: number | null}} the score of a stone that was found there
 */
function meant(box, stones) {
  const square = squareAround(box);
  const same = stones.find(
    (stone) => stone.square.x === square.x && stone.square.y === square.y && stone.square.side === square.side,
  );
  return { square, score: same?.score ?? null };
}

/**
 * @param {Box} box
 * @returns {Square}
 */
function squareAround([left, top, right, bottom]) {
  const side = Math.max(1, Math.round(Math.max(right - left, bottom - top)));
  return { x: Math.round((left + right - side) / 2), y: Math.round((top + bottom - side) / 2), side };
}
