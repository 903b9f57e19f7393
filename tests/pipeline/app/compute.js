/** Compute cases that Python has written, for test_arithmetic.py: node compute.js CASES.json RESULTS.json */

import { readFileSync, writeFileSync } from "node:fs";

import { nodeProbabilities } from "../../../pipeline/app/scripts/answering.js";
import { calibrated } from "../../../pipeline/app/scripts/calibration.js";
import { classify, evidenceOf } from "../../../pipeline/app/scripts/classify.js";
import { decoded, together } from "../../../pipeline/app/scripts/decoding.js";
import { EvidenceError } from "../../../pipeline/app/scripts/evidence-error.js";
import { Likeness } from "../../../pipeline/app/scripts/likeness.js";
import { entropy } from "../../../pipeline/app/scripts/novelty.js";
import { erf, fixed, quoted } from "../../../pipeline/app/scripts/numbers.js";
import { counted } from "../../../pipeline/app/scripts/page/session.js";
import { textOf } from "../../../pipeline/app/scripts/page/text.js";
import { posterior } from "../../../pipeline/app/scripts/posterior.js";
import { ascii, record, table } from "../../../pipeline/app/scripts/records.js";
import { credibleSet } from "../../../pipeline/app/scripts/shortlist.js";
import { PatchError, balanced, gainsAt } from "../../../pipeline/app/scripts/white-balance.js";
import { cautionInWords } from "../../../pipeline/app/scripts/wording.js";

/** What photographs are called. */
const NAMES = ["=a, b.jpg", "grün.jpg", "c.png", "d.png", "e.png", "f.png"];

const [, , from, to] = process.argv;
const text = textOf(JSON.parse(readFileSync(new URL("../../../pipeline/app/strings/en.json", import.meta.url), "utf8")));
const { descriptions, cases, numbers, texts, patches, features, distributions, credible, cautions } = JSON.parse(readFileSync(from, "utf8"));

const likenesses = Object.fromEntries(
  Object.entries(descriptions).map(([name, { likeness }]) => [name, likeness && new Likeness(likeness)]),
);

const ofCases = cases.map(({ description: name, settings, views: photographs, known, asked }) => {
  const description = { ...descriptions[name], decoding: { ...descriptions[name].decoding, ...settings } };
  const views = photographs.map(({ score, logits, features, side }) => {
    return { score, logits, like: likenesses[name]?.isLike(Float32Array.from(features), side) ?? null };
  });
  try {
    const prediction = classify(views, known, description, text, asked);
    const seen = views.length ? together(views, description).probabilities : null;
    const { all } = posterior(seen, evidenceOf(known, description), description);
    const ofLabels = all.slice(0, description.labels.length);
    return {
      decoded: views.map((view) => decoded(view.logits, calibrated(description, view.like))),
      pooled: seen,
      posterior: all,
      nodes: nodeProbabilities(ofLabels, description),
      prediction,
      ...exported(prediction, views, description),
    };
  } catch (error) {
    if (error instanceof EvidenceError) return { error: error.message };
    throw error;
  }
});

function exported(prediction, views, description) {
  const names = counted(
    views.map((view, place) => ({ view, name: NAMES[place] })),
    description,
  );
  const found = record(prediction, names, description);
  return { record: JSON.parse(ascii(found)), table: table([{ record: found, prediction }], description) };
}

const ofPatches = patches.map(({ width, height, values, point }) => {
  const image = { width, height, data: Uint8ClampedArray.from(values) };
  try {
    const gains = gainsAt(image, point, descriptions.shipped.white_balance);
    return { gains, values: [...balanced(image, gains)] };
  } catch (error) {
    if (error instanceof PatchError) return { problem: error.problem };
    throw error;
  }
});

const results = {
  patches: ofPatches,
  cases: ofCases,
  numbers: numbers.map((value) => ({ erf: erf(value), shown: [1, 2, 3, 6].map((decimals) => fixed(value, decimals)) })),
  texts: texts.map(quoted),
  distances: features.map((found) => likenesses.tiny.distance(Float32Array.from(found))),
  entropies: distributions.map(entropy),
  credible: credible.map(({ probabilities, share }) => credibleSet(probabilities, share, descriptions.tiny)),
  cautions: cautions.map(({ description, precision, guarantee }) =>
    cautionInWords(descriptions[description].unlike, precision, guarantee, text),
  ),
};

writeFileSync(to, JSON.stringify(results));
