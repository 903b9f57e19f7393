/** Compute what Python computes of pixels, for test_images.py: node compute_images.js CASES.json RESULTS.json */

import { readFileSync, writeFileSync } from "node:fs";

import { pieces, nearest } from "../../../pipeline/app/scripts/components.js";
import { covered, cropped, wholePicture, withoutAlpha } from "../../../pipeline/app/scripts/crop.js";
import { Finder } from "../../../pipeline/app/scripts/finder.js";
import { toEven } from "../../../pipeline/app/scripts/numbers.js";
import { partsOf } from "../../../pipeline/app/scripts/parts.js";
import { between } from "../../../pipeline/app/scripts/resize.js";
import { turned, turnedSquare, turnsUpright } from "../../../pipeline/app/scripts/turning.js";

const [, , from, to] = process.argv;
const { description, crops, covers, maps, enlarged, finds, halves, turns } = JSON.parse(readFileSync(from, "utf8"));

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const floats = (text) => new Float32Array(bytes(text).buffer);
const text = (values) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
const picture = ({ width, height, rgba }) => ({ width, height, data: new Uint8ClampedArray(bytes(rgba)) });

/** A network that says what it said in Python, look by look, if it sees the same. */
const remembered = ({ size, looks }) => ({
  size,
  run: async (pixels) => {
    const { seen, maps, present, ...more } = looks.shift() ?? {};
    if (!seen || bytes(seen).some((value, place) => Math.abs(value - pixels[place]) > 1)) {
      throw new Error("Python did not look there.");
    }
    return { maps: floats(maps), present: [present], ...(more.features && { features: floats(more.features) }) };
  },
});

const results = {
  crops: crops.map(({ image, square, size }) => text(withoutAlpha(cropped(picture(image), square, size, description)))),
  covers: covers.map(({ image, share }) => text(withoutAlpha(covered(picture(image), bytes(share), description)))),
  maps: maps.map(({ side, stone, core, present }) =>
    partsOf({ side, stone: floats(stone), core: floats(core), present }, description).map((part) => ({
      ...part,
      mine: text(part.mine),
    })),
  ),
  components: maps.map(({ side, core }) => {
    const { count, numbers } = pieces(Uint8Array.from(floats(core), (value) => Number(value > 0.5)), side);
    return { count, numbers: [...numbers], nearest: [...nearest(numbers, side)] };
  }),
  enlarged: enlarged.map(({ values, side, wanted }) => text(between(floats(values), side, wanted))),
  finds: await Promise.all(
    finds.map(async ({ image, network }) => {
      const finder = new Finder(remembered(network), description);
      const { stones, features } = await finder.seen(picture(image));
      const square = stones[0]?.square ?? wholePicture(image);
      const cut = cropped(picture(image), square, network.size, description);
      const crop = turned(cut, turnsUpright(picture(image), description));
      const outline = text((await finder.outline(crop)).mask);
      return { stones, features: [...features], outline, left: network.looks.length };
    }),
  ),
  halves: halves.map(toEven),
  turns: turns.map(({ image, square }) => ({
    upright: turnsUpright(picture(image), description),
    turned: [-1, 0, 1, 2].map((quarters) => text(withoutAlpha(turned(picture(image), quarters)))),
    squares: [-1, 0, 1, 2].map((quarters) => turnedSquare(square, picture(image), quarters)),
  })),
};

writeFileSync(to, JSON.stringify(results));
