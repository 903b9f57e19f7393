/** Stands in the place of the page: says as JSON what the engine makes of the chosen file. */

import { classify } from "../classify.js";
import { ImageError } from "../image-error.js";
import { textOf } from "./text.js";

export function start(root, description, strings, engineReady) {
  globalThis.shownAfter = performance.now();
  const input = Object.assign(document.createElement("input"), { type: "file" });
  root.append(input);
  engineReady.then(
    () => (globalThis.readyAfter = performance.now()),
    (error) => console.error(error),
  );

  /** Return what `found` makes of the picture, or why it cannot be read. */
  const ofFile = async (found) => {
    const engine = await engineReady;
    const begun = performance.now();
    try {
      const picture = await engine.decode(input.files[0]);
      return await found(engine, picture, begun);
    } catch (error) {
      if (error instanceof ImageError) return { failure: error.key };
      throw error;
    }
  };

  globalThis.shown = () =>
    ofFile((_, picture) => ({ width: picture.width, height: picture.height, quarters: quarters(picture) }));

  globalThis.ask = (box = null) =>
    ofFile(async (engine, picture, begun) => {
      const decoded = performance.now();
      const stones = await engine.find(picture);
      const found = performance.now();
      const view = await engine.view(picture, box);
      const asked = { top: description.labels.length };
      const { answer, subclasses, words } = classify([view], {}, description, textOf(strings), asked);
      const milliseconds = { decode: decoded - begun, find: found - decoded, name: performance.now() - found };
      return { stones, score: view.score, answer, subclasses, words, milliseconds };
    });
}

/** Return the mean colours of the quarters, row by row. */
function quarters({ width, height, data }) {
  const [down, right] = [height >> 1, width >> 1];
  const sums = [0, 1, 2, 3].map(() => [0, 0, 0]);
  for (let y = 0; y < 2 * down; y += 1) {
    for (let x = 0; x < 2 * right; x += 1) {
      const sum = sums[Number(y >= down) * 2 + Number(x >= right)];
      for (let channel = 0; channel < 3; channel += 1) sum[channel] += data[4 * (y * width + x) + channel];
    }
  }
  return sums.map((sum) => sum.map((value) => value / (down * right)));
}
