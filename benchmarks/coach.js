/** Measure photographs as the page of the app does: node coach.js LIST.json, with pixels in files, to standard output. */

import { readFileSync } from "node:fs";
import { measure, notices } from "../pipeline/app/scripts/coach.js";

const { pictures, answering } = JSON.parse(readFileSync(process.argv[2], "utf8"));

for (const { file, width, height, box, stones, score } of pictures) {
  const image = { width, height, data: new Uint8ClampedArray(readFileSync(file)) };
  const measured = measure(image, box ?? [0, 0, width, height]);
  console.log(JSON.stringify({ ...measured, notices: notices(measured, stones, score, { answering }) }));
}
