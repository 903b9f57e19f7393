/** The photographs of a stone: taken, chosen, dropped or pasted, and what the coach says of them. */

/** @import {Notice} from "../coach.js" */
/** @import {Point} from "../white-balance.js" */
/** @import {Text} from "./text.js" */
/** @import {Box, Photograph, Specimen} from "./types.js" */

import { button, element, replace } from "./elements.js";
import { PictureView } from "./picture-view.js";
import { urlOf } from "./urls.js";

/** @type {Record<Notice, string>} */
const NOTICES = {
  "no-gem": "coach.no-gem",
  several: "coach.several",
  small: "coach.small",
  blurred: "coach.blurred",
  dark: "coach.dark",
  coloured: "coach.coloured",
};

/**
 * @typedef {object} PhotographListeners
 * @property {(files: File[]) => void} onFiles
 * @property {(photograph: Photograph, change: {box: Box | null, white: Point | null}) => void} onLook
 * @property {(photograph: Photograph) => void} onRemove
 */

export class PhotographPanel {
  /** @type {Photograph[]} */
  #photographs = [];
  /** @type {Photograph | null} */
  #shown = null;

  /**
   * @param {Text} text
   * @param {PhotographListeners} listeners
   */
  constructor(text, listeners) {
    this.text = text;
    this.listeners = listeners;
    const files = (/** @type {Record<string, string | boolean>} */ attributes) =>
      element("input", { type: "file", accept: "image/*", class: "hidden-input", change: take, ...attributes });
    const take = (/** @type {Event & {target: HTMLInputElement}} */ event) => {
      const chosen = [...(event.target.files ?? [])];
      event.target.value = "";
      if (chosen.length) listeners.onFiles(chosen);
    };
    this.view = new PictureView(text, {
      onBox: (box) => this.#look({ box, white: this.#shown?.white ?? null }),
      onWhite: (white) => this.#look({ box: this.#shown?.box ?? null, white }),
      onCancel: () => this.#tools(),
    });
    this.hint = element("p", { class: "quiet" }, text("photograph.hint"));
    this.take = element("span", {}, text("photograph.take"));
    this.choose = element("span", {}, text("photograph.choose"));
    this.camera = element("label", { class: "button primary" }, this.take, files({ capture: "environment" }));
    this.buttons = element(
      "div",
      { class: "row" },
      this.camera,
      element("label", { class: "button" }, this.choose, files({ multiple: true })),
    );
    this.notices = element("ul", { class: "notices", "aria-label": text("coach.title") });
    this.status = element("p", { class: "status", role: "status" });
    this.problem = element("p", { class: "problem", role: "alert" });
    this.draw = button(text("picture.draw"), () => this.#switch("draw"), { "aria-pressed": "false" });
    this.white = button(text("picture.white"), () => this.#switch("white"), { "aria-pressed": "false" });
    this.plain = button(text("picture.unwhite"), () => this.#look({ box: this.#shown?.box ?? null, white: null }));
    this.remove = button(text("photograph.remove"), () => this.#shown && listeners.onRemove(this.#shown), {
      class: "plain",
    });
    this.tools = element("div", { class: "row tools", hidden: true }, this.draw, this.white, this.plain, this.remove);
    this.strip = element("div", { class: "strip", role: "group", "aria-label": text("photograph.several") });
    this.view.root.hidden = true;
    this.root = element(
      "section",
      { class: "card photograph", "aria-labelledby": "photograph-title" },
      element("h2", { id: "photograph-title", class: "kicker" }, text("photograph.title")),
      this.view.root,
      this.strip,
      this.status,
      this.problem,
      this.notices,
      this.tools,
      this.buttons,
      this.hint,
    );
    this.#listenForFiles();
  }

  /**
   * Show the photographs of a stone, the last one large unless another one was chosen.
   * @param {Specimen} specimen
   */
  show({ photographs }) {
    const isOther = this.#photographs.length !== photographs.length;
    const place = this.#shown ? this.#photographs.indexOf(this.#shown) : -1;
    this.#photographs = photographs;
    this.#shown = (isOther ? photographs.at(-1) : photographs[place]) ?? photographs.at(-1) ?? null;
    this.#draw();
  }

  /**
   * Say what is being done; an empty text when it is done.
   * @param {string} words
   */
  busy(words) {
    this.status.textContent = words;
    this.root.setAttribute("aria-busy", words ? "true" : "false");
  }

  /**
   * Say what went wrong; an empty text takes it back.
   * @param {string} words
   */
  complain(words) {
    this.problem.textContent = words;
  }

  /**
   * Show a picture as soon as it is decoded.
   * @param {Blob} preview
   * @param {number} width
   * @param {number} height
   * @param {string} name
   */
  preview(preview, width, height, name) {
    this.view.root.hidden = false;
    this.view.showPreview(preview, width, height, name);
    this.notices.replaceChildren();
    this.tools.hidden = true;
  }

  #draw() {
    const { text } = this;
    const shown = this.#shown;
    const many = this.#photographs.length;
    this.view.root.hidden = !shown;
    this.take.textContent = text(many ? "photograph.take-more" : "photograph.take");
    this.choose.textContent = text(many ? "photograph.choose-more" : "photograph.choose");
    this.camera.classList.toggle("primary", !many);
    this.hint.hidden = many > 0;
    if (shown) this.view.show(shown);
    this.notices.replaceChildren(
      ...(shown?.notices ?? []).map((notice) => element("li", {}, text(NOTICES[notice]))),
      ...(shown && !shown.source ? [element("li", {}, text("photograph.gone"))] : []),
    );
    this.#tools();
    this.strip.hidden = many < 2;
    replace(
      this.strip,
      this.#photographs.map((photograph, place) =>
        element(
          "button",
          {
            type: "button",
            class: "thumbnail",
            "aria-pressed": photograph === shown ? "true" : "false",
            "aria-label": text("photograph.one", { number: place + 1, name: photograph.name }),
            click: () => {
              this.#shown = photograph;
              this.#draw();
            },
          },
          element("img", { src: urlOf(photograph.preview), alt: "" }),
        ),
      ),
    );
  }

  #tools() {
    const shown = this.#shown;
    this.tools.hidden = !shown;
    this.draw.disabled = this.white.disabled = !shown?.source;
    this.plain.hidden = !shown?.white;
    this.draw.setAttribute("aria-pressed", this.view.mode === "draw" ? "true" : "false");
    this.white.setAttribute("aria-pressed", this.view.mode === "white" ? "true" : "false");
    const help = { look: "", draw: "picture.draw-help", white: "picture.white-help" }[this.view.mode];
    this.status.textContent = help && this.text(help);
  }

  /** @param {"draw" | "white"} mode */
  #switch(mode) {
    this.view.mode = this.view.mode === mode ? "look" : mode;
    this.#tools();
  }

  /** @param {{box: Box | null, white: Point | null}} change */
  #look(change) {
    this.#tools();
    if (this.#shown) this.listeners.onLook(this.#shown, change);
  }

  #listenForFiles() {
    const offered = (/** @type {DataTransfer | null} */ given) =>
      [...(given?.files ?? [])].filter((file) => !file.type || file.type.startsWith("image/"));
    document.addEventListener("paste", (event) => {
      const files = offered(event.clipboardData);
      if (files.length) this.listeners.onFiles(files);
    });
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      document.body.classList.add("dropping");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) document.body.classList.remove("dropping");
    });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      document.body.classList.remove("dropping");
      const files = offered(event.dataTransfer);
      if (files.length) this.listeners.onFiles(files);
    });
  }
}
