/** The sheet that is printed: every stone of the session with what it is taken for and why. */

/** @import {Description} from "../description.js" */
/** @import {Text} from "./text.js" */
/** @import {Named} from "./types.js" */

import { element } from "./elements.js";
import { nameOf } from "./session-panel.js";
import { percent } from "./text.js";
import { urlOf } from "./urls.js";
import { capital } from "../wording.js";

/**
 * @param {Named[]} stones
 * @param {Description} description
 * @param {Text} text
 * @returns {HTMLElement}
 */
export function sheetOf(stones, description, text) {
  const rows = stones.map(({ specimen, prediction }) => {
    const ranking = (prediction?.subclasses ?? []).map((gem) => `${gem.name} ${percent(gem.probability)}`);
    const lines = [
      ranking.join(" · "),
      prediction?.words.shortlist ? `${capital(prediction.words.shortlist)}.` : "",
      prediction?.words.caution ?? "",
      ...(prediction?.words.effects ?? []),
      prediction?.words.contradiction ?? "",
      ...(prediction?.words.nextTests ?? []).slice(0, 1),
    ];
    return element(
      "article",
      {},
      ...specimen.photographs.slice(0, 3).map(({ preview }) => element("img", { src: urlOf(preview), alt: "" })),
      element(
        "div",
        {},
        element("h3", {}, nameOf(prediction, text)),
        element("p", {}, new Date(specimen.begun).toLocaleString()),
        ...lines.filter(Boolean).map((line) => element("p", {}, line)),
      ),
    );
  });
  return element(
    "section",
    { class: "sheet", "aria-hidden": "true" },
    element("h2", {}, text("sheet.title")),
    ...rows,
    element("p", {}, text("sheet.model", { version: description.model_version })),
  );
}
