/** A photograph with the boxes of its stones, in which another one is tapped, a box drawn or white paper pointed at. */

/** @import {Point} from "../white-balance.js" */
/** @import {Text} from "./text.js" */
/** @import {Box, Photograph} from "./types.js" */

import { button, element, replace } from "./elements.js";
import { percent } from "./text.js";
import { urlOf } from "./urls.js";

/** @typedef {"look" | "draw" | "white"} Mode */

/** How far an arrow key moves the box or the point, as a share of the picture's longer side. */
const STEP = 0.02;

/** A drawn box has this side at least, in shares of the picture's longer side. */
const SMALLEST = 0.02;

export class PictureView {
  /** @type {Mode} */
  #mode = "look";
  /** @type {{width: number, height: number, box: Box | null}} */
  #picture = { width: 1, height: 1, box: null };
  /** @type {Point | null} where a stroke began */
  #start = null;
  /** @type {{x: number, y: number, half: number}} */
  #mark = { x: 0, y: 0, half: 0 };
  /** Whether the box is to have the focus that the pad had. */
  #isFocused = false;

  /**
   * @param {Text} text
   * @param {{onBox: (box: Box) => void, onWhite: (point: Point) => void, onCancel: () => void}} listeners
   */
  constructor(text, listeners) {
    this.text = text;
    this.listeners = listeners;
    this.image = element("img", { alt: "", draggable: "false" });
    this.boxes = element("div", { class: "boxes", role: "group", "aria-label": text("picture.stones") });
    this.cursor = element("div", { class: "cursor", hidden: true });
    this.pad = element("div", {
      class: "pad",
      hidden: true,
      tabindex: 0,
      role: "application",
      pointerdown: (/** @type {PointerEvent} */ event) => this.#press(event),
      pointermove: (/** @type {PointerEvent} */ event) => this.#move(event),
      pointerup: (/** @type {PointerEvent} */ event) => this.#lift(event),
      pointercancel: () => this.#abandon(),
      keydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
    });
    this.root = element("div", { class: "picture" }, this.image, this.boxes, this.cursor, this.pad);
  }

  /**
   * Show a photograph with its boxes.
   * @param {Photograph} photograph
   */
  show(photograph) {
    const { preview, width, height, stones, box, name, source } = photograph;
    this.#lay(preview, width, height, name);
    this.#picture.box = box;
    const drawn = box && !stones.some((stone) => isSame(stone.box, box)) ? [{ box, score: photograph.view.score }] : [];
    const all = [...stones, ...drawn];
    const isFocused = this.#isFocused;
    this.#isFocused = false;
    replace(
      this.boxes,
      all.map((stone, place) => {
        const isMeant = box !== null && isSame(stone.box, box);
        const label = this.text(place < stones.length ? "picture.stone" : "picture.drawn", {
          number: place + 1,
          score: percent(stone.score),
        });
        const made = button("", () => isMeant || this.listeners.onBox(stone.box), {
          class: "box",
          "aria-label": label,
          "aria-pressed": isMeant ? "true" : "false",
          title: label,
          disabled: !source && !isMeant,
        });
        lay(made, stone.box, width, height);
        return made;
      }),
      isFocused,
    );
  }

  /**
   * Show a picture in which nothing has been found yet.
   * @param {Blob} preview
   * @param {number} width
   * @param {number} height
   * @param {string} name
   */
  showPreview(preview, width, height, name) {
    this.#lay(preview, width, height, name);
    this.boxes.replaceChildren();
  }

  /**
   * @param {Blob} preview
   * @param {number} width
   * @param {number} height
   * @param {string} name
   */
  #lay(preview, width, height, name) {
    this.#picture = { width, height, box: null };
    this.image.src = urlOf(preview);
    this.image.alt = this.text("picture.alt", { name });
    this.image.width = width;
    this.image.height = height;
    this.root.style.setProperty("--shape", String(width / height));
    this.mode = "look";
  }

  /** @returns {Mode} */
  get mode() {
    return this.#mode;
  }

  set mode(mode) {
    this.#mode = mode;
    const { width, height, box } = this.#picture;
    this.pad.hidden = this.cursor.hidden = mode === "look";
    this.boxes.inert = mode !== "look";
    this.root.dataset.mode = mode;
    if (mode === "look") return;
    this.#isFocused = false;
    const [left, top, right, bottom] = box ?? [width / 4, height / 4, (3 * width) / 4, (3 * height) / 4];
    const half = mode === "draw" ? Math.max(right - left, bottom - top) / 2 : 0;
    this.#put({ x: (left + right) / 2, y: (top + bottom) / 2, half });
    this.pad.setAttribute("aria-label", this.text(mode === "draw" ? "picture.draw-help" : "picture.white-help"));
    this.pad.focus({ preventScroll: true });
    this.root.scrollIntoView({ block: "nearest" });
  }

  /** @param {{x: number, y: number, half: number}} mark */
  #put(mark) {
    const { width, height } = this.#picture;
    const x = Math.min(Math.max(mark.x, 0), width - 1);
    const y = Math.min(Math.max(mark.y, 0), height - 1);
    this.#mark = { x, y, half: mark.half };
    this.cursor.classList.toggle("point", this.#mode === "white");
    lay(this.cursor, [x - mark.half, y - mark.half, x + mark.half, y + mark.half], width, height);
  }

  /**
   * @param {PointerEvent} event
   * @returns {Point}
   */
  #at(event) {
    const { width, height } = this.#picture;
    const place = this.pad.getBoundingClientRect();
    return {
      x: ((event.clientX - place.left) / place.width) * width,
      y: ((event.clientY - place.top) / place.height) * height,
    };
  }

  /** @param {PointerEvent} event */
  #press(event) {
    this.pad.setPointerCapture(event.pointerId);
    this.#start = this.#at(event);
    if (this.#mode === "white") this.#put({ ...this.#start, half: 0 });
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#start) return;
    const now = this.#at(event);
    if (this.#mode === "white") this.#put({ ...now, half: 0 });
    else this.#put(squareOf(this.#start, now));
  }

  /** @param {PointerEvent} event */
  #lift(event) {
    if (!this.#start) return;
    this.#move(event);
    this.#start = null;
    const { width, height } = this.#picture;
    if (this.#mode === "draw" && this.#mark.half < (SMALLEST / 2) * Math.max(width, height)) return;
    this.#take();
  }

  #abandon() {
    this.#start = null;
  }

  #take() {
    const { x, y, half } = this.#mark;
    const { mode } = this;
    this.#isFocused = document.activeElement === this.pad;
    this.mode = "look";
    if (mode === "white") this.listeners.onWhite({ x: Math.floor(x), y: Math.floor(y) });
    else {
      const sides = [x - half, y - half, x + half, y + half].map(Math.round);
      this.listeners.onBox(/** @type {Box} */ (sides));
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { width, height } = this.#picture;
    const step = STEP * Math.max(width, height);
    const { x, y, half } = this.#mark;
    /** @type {Record<string, () => void>} */
    const acts = {
      ArrowLeft: () => this.#put({ x: x - step, y, half }),
      ArrowRight: () => this.#put({ x: x + step, y, half }),
      ArrowUp: () => this.#put({ x, y: y - step, half }),
      ArrowDown: () => this.#put({ x, y: y + step, half }),
      "+": () => this.#put({ x, y, half: half && half + step / 2 }),
      "-": () => this.#put({ x, y, half: half && Math.max(half - step / 2, step / 2) }),
      Enter: () => this.#take(),
      Escape: () => {
        this.mode = "look";
        this.listeners.onCancel();
      },
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

/**
 * Return the square between two points: its middle, and half of its side.
 * @param {Point} from
 * @param {Point} to
 */
function squareOf(from, to) {
  const half = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y)) / 2;
  return { x: from.x + Math.sign(to.x - from.x) * half, y: from.y + Math.sign(to.y - from.y) * half, half };
}

/**
 * @param {Box} one
 * @param {Box} other
 * @returns {boolean}
 */
function isSame(one, other) {
  return one.every((side, place) => side === other[place]);
}

/**
 * Lay an element over a box of the picture.
 * @param {HTMLElement} over
 * @param {Box} box
 * @param {number} width of the picture
 * @param {number} height
 */
function lay(over, [left, top, right, bottom], width, height) {
  over.style.left = `${(100 * left) / width}%`;
  over.style.top = `${(100 * top) / height}%`;
  over.style.width = `${(100 * (right - left)) / width}%`;
  over.style.height = `${(100 * (bottom - top)) / height}%`;
}
