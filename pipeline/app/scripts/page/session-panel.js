/** The stones of this session: looked at again, kept, exported, printed and deleted. */

/** @import {Text} from "./text.js" */
/** @import {Named, Specimen} from "./types.js" */

import { button, element, replace, toggle } from "./elements.js";
import { percent } from "./text.js";
import { urlOf } from "./urls.js";

/**
 * @typedef {object} SessionListeners
 * @property {(specimen: Specimen) => void} onOpen
 * @property {(specimen: Specimen) => void} onDelete
 * @property {(on: boolean) => void} onKeep
 * @property {() => void} onDeleteAll
 * @property {() => void} onJson
 * @property {() => void} onCsv
 * @property {() => void} onPrint
 * @property {() => void} onCorrections
 */

export class SessionPanel {
  /**
   * @param {Text} text
   * @param {SessionListeners} listeners
   */
  constructor(text, listeners) {
    this.text = text;
    this.listeners = listeners;
    this.list = element("ul", { class: "session" });
    this.none = element("p", { class: "quiet" }, text("session.none"));
    this.problem = element("p", { class: "problem", role: "alert" });
    this.keep = toggle(text("session.keep"), listeners.onKeep);
    this.corrections = button(text("session.corrections"), listeners.onCorrections);
    this.correctionsHint = element("p", { class: "quiet" }, text("session.corrections-hint"));
    this.exports = element(
      "div",
      { class: "row" },
      button(text("session.json"), listeners.onJson),
      button(text("session.csv"), listeners.onCsv),
      button(text("session.print"), listeners.onPrint),
      this.corrections,
    );
    this.sure = element(
      "dialog",
      { "aria-labelledby": "sure-title" },
      element("h2", { id: "sure-title" }, text("session.delete-all")),
      element("p", {}, text("session.sure")),
      element(
        "div",
        { class: "row" },
        button(
          text("session.delete-all"),
          () => {
            this.sure.close();
            listeners.onDeleteAll();
          },
          { class: "danger" },
        ),
        button(text("session.cancel"), () => this.sure.close()),
      ),
    );
    this.root = element(
      "section",
      { class: "card", "aria-labelledby": "session-title" },
      element("h2", { id: "session-title", class: "kicker" }, text("session.title")),
      this.none,
      this.list,
      this.exports,
      this.correctionsHint,
      this.problem,
      this.keep.label,
      element("p", { class: "quiet" }, text("session.keep-hint")),
      element(
        "div",
        { class: "row" },
        button(text("session.delete-all"), () => this.sure.showModal(), { class: "danger" }),
      ),
      this.sure,
    );
  }

  /**
   * Show the stones, the newest first.
   * @param {Named[]} stones
   * @param {Specimen} current
   * @param {boolean} isKept
   */
  show(stones, current, isKept) {
    const { text, listeners } = this;
    this.none.hidden = stones.length > 0;
    this.exports.hidden = !stones.length;
    this.keep.input.checked = isKept;
    const canExport = stones.some(
      ({ specimen }) => specimen.right && specimen.photographs.some(({ source }) => source),
    );
    this.corrections.hidden = this.correctionsHint.hidden = !canExport;
    replace(
      this.list,
      stones.map(({ specimen, prediction }) => {
        const preview = specimen.photographs[0]?.preview;
        const name = nameOf(prediction, text);
        return element(
          "li",
          {},
          element(
            "button",
            {
              type: "button",
              class: "stone",
              "aria-current": specimen === current ? "true" : null,
              click: () => listeners.onOpen(specimen),
            },
            preview ? element("img", { src: urlOf(preview), alt: "" }) : element("span", { class: "no-picture" }, "◇"),
            element(
              "span",
              { class: "words" },
              element("strong", {}, name),
              element("time", { datetime: specimen.begun }, new Date(specimen.begun).toLocaleString()),
            ),
          ),
          button("×", () => listeners.onDelete(specimen), {
            class: "empty",
            "aria-label": text("session.delete", { name }),
          }),
        );
      }),
    );
  }
}

/**
 * Return what a stone is called in a list.
 * @param {Named["prediction"]} prediction
 * @param {Text} text
 * @returns {string}
 */
export function nameOf(prediction, text) {
  if (prediction?.answer) return `${prediction.answer.name} ${percent(prediction.answer.probability)}`;
  return text(prediction?.refused ? "session.unsure" : "session.unnamed");
}
