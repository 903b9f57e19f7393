/** Fields and sliders for what was measured on the stone. */

/** @import {Description, Gem, Range} from "../description.js" */
/** @import {Prediction} from "../classify.js" */
/** @import {Text} from "./text.js" */
/** @import {Specimen} from "./types.js" */

import { EvidenceError } from "../evidence-error.js";
import { parseReadings } from "../reading-text.js";
import { button, element, toggle } from "./elements.js";
import { capital } from "../wording.js";

/**
 * @typedef {object} Slider
 * @property {string} key
 * @property {HTMLInputElement} field
 * @property {HTMLInputElement} slider
 * @property {HTMLElement} root
 */

export class ReadingsPanel {
  /** @type {Record<string, HTMLElement>} what a reading did, by its key */
  #effects = {};
  /** @type {Record<string, HTMLElement>} what to focus for a reading, by its key */
  #firsts = {};

  /**
   * @param {Description} description
   * @param {Text} text
   * @param {HTMLElement} restrictions what else is asked about the stone
   * @param {{onTexts: (texts: Record<string, string>) => void, onTrade: (on: boolean) => void}} listeners
   */
  constructor(description, text, restrictions, listeners) {
    this.description = description;
    this.text = text;
    this.listeners = listeners;
    const { readings, candidates } = description;
    const { titles, limit } = readings;
    const range = (/** @type {(gem: Gem) => Range | null} */ of) => {
      const known = candidates.map(of).filter((found) => found !== null);
      return /** @type {Range} */ ([Math.min(...known.map((one) => one[0])), Math.max(...known.map((one) => one[1]))]);
    };
    const indices = /** @type {Range} */ ([Math.floor(100 * range((gem) => gem.refractive_index)[0]) / 100, limit]);
    this.low = this.#slider("ri", text("reading.index-low"), indices, 0.001, 3);
    this.high = this.#slider("ri", text("reading.index-high"), indices, 0.001, 3);
    this.over = toggle(text("reading.index-over", { limit: limit.toFixed(2) }), () => this.#changed());
    this.birefringence = this.#slider(
      "birefringence",
      capital(titles.birefringence ?? ""),
      [0, range((gem) => gem.birefringence)[1]],
      0.001,
      3,
    );
    this.gravity = this.#slider("sg", capital(titles.sg), rounded(range((gem) => gem.specific_gravity)), 0.01, 2);
    this.hardness = this.#slider("hardness", capital(titles.hardness), [1, 10], 0.5, 1);
    this.air = this.#field("sg", text("reading.weight-in-air"));
    this.water = this.#field("sg", text("reading.weight-in-water"));
    const characters = [...readings.optic_characters, ...Object.keys(description.reading_text.wider_characters)];
    this.character = this.#choice("optic_character", capital(titles.optic_character ?? ""), characters);
    this.pleochroism = this.#choice("pleochroism", capital(titles.pleochroism ?? ""), readings.strengths);
    this.fluorescence = this.#choice("fluorescence", text("reading.fluorescence"), readings.strengths);
    this.complaint = element("p", { class: "problem", role: "alert" });
    this.trade = toggle(text("reading.trade"), listeners.onTrade);
    this.clear = button(text("reading.clear"), () => this.#clear(), { class: "plain" });
    this.root = element(
      "section",
      { class: "card readings", "aria-labelledby": "readings-title" },
      element("h2", { id: "readings-title", class: "kicker" }, text("reading.title")),
      element("p", { class: "quiet" }, text("reading.hint")),
      this.complaint,
      this.#group("ri", capital(titles.index), this.low.root, this.high.root, this.over.label),
      this.#group("sg", null, this.gravity.root, this.#weighing()),
      this.#group("optic_character", null, this.character.root),
      this.#group("birefringence", null, this.birefringence.root),
      this.#group(
        "hardness",
        null,
        this.hardness.root,
        element("p", { class: "quiet" }, text("reading.hardness-care")),
      ),
      this.#group("pleochroism", null, this.pleochroism.root),
      this.#group("fluorescence", null, this.fluorescence.root),
      element("div", { class: "row" }, this.clear),
      element(
        "div",
        { class: "prior" },
        this.trade.label,
        element("p", { class: "quiet" }, text("reading.trade-hint")),
      ),
      restrictions,
    );
  }

  /**
   * Show the readings of another stone.
   * @param {Specimen} specimen
   */
  show({ texts, trade }) {
    const { two } = this.description.reading_text;
    const index = texts.ri ?? "";
    const both = index.match(new RegExp(`^(?:${two})$`));
    const isOver = index.startsWith(">");
    this.over.input.checked = isOver;
    fill(this.low, both?.[1] ?? (isOver ? "" : index));
    fill(this.high, both?.[2] ?? "");
    fill(this.birefringence, texts.birefringence ?? "");
    fill(this.gravity, texts.sg ?? "");
    fill(this.hardness, texts.hardness ?? "");
    const [inAir, inWater] = this.description.reading_text.weights;
    this.air.field.value = texts[inAir] ?? "";
    this.water.field.value = texts[inWater] ?? "";
    this.character.field.value = texts.optic_character ?? "";
    this.pleochroism.field.value = texts.pleochroism ?? "";
    this.fluorescence.field.value = texts.fluorescence ?? "";
    this.trade.input.checked = trade;
    this.#enable();
  }

  /**
   * Say what each reading did.
   * @param {Prediction | null} prediction
   * @param {string} complaint what is wrong with the readings together
   * @param {Record<string, string>} texts
   */
  showEffects(prediction, complaint, texts) {
    const wrong = this.#wrong(texts);
    const words = new Map(
      prediction?.explanation.effects.map(({ key }, place) => [key, prediction.words.effects[place] ?? ""]) ?? [],
    );
    for (const [key, where] of Object.entries(this.#effects)) {
      const found = wrong[key] ?? (words.has(key) ? capital(words.get(key) ?? "") : "");
      if (where.textContent !== found) where.textContent = found;
      where.classList.toggle("wrong", key in wrong);
      this.#firsts[key]?.setAttribute("aria-invalid", key in wrong ? "true" : "false");
    }
    const isSaid = Object.values(wrong).includes(complaint);
    this.complaint.textContent = complaint && !isSaid ? complaint : "";
  }

  /**
   * Go to the field for a reading.
   * @param {string} key
   */
  focus(key) {
    const field = this.#firsts[key];
    field?.focus({ preventScroll: true });
    field?.scrollIntoView({ block: "center", behavior: isCalm() ? "auto" : "smooth" });
  }

  /**
   * Return what is wrong with readings by themselves.
   * @param {Record<string, string>} texts
   * @returns {Record<string, string>}
   */
  #wrong(texts) {
    /** @type {Record<string, string>} */
    const found = {};
    for (const key of this.description.reading_text.keys) {
      try {
        parseReadings({ [key]: texts[key] ?? "" }, this.description);
      } catch (error) {
        if (!(error instanceof EvidenceError)) throw error;
        found[key] = capital(error.message);
      }
    }
    return found;
  }

  /** @returns {Record<string, string>} */
  #texts() {
    const [inAir, inWater] = this.description.reading_text.weights;
    return {
      ri: this.#index(),
      birefringence: this.birefringence.field.value,
      sg: this.gravity.field.value,
      hardness: this.hardness.field.value,
      [inAir]: this.air.field.value,
      [inWater]: this.water.field.value,
      optic_character: this.character.field.value,
      pleochroism: this.pleochroism.field.value,
      fluorescence: this.fluorescence.field.value,
    };
  }

  /** @returns {string} both readings, the lower one first; they have no order on the scale */
  #index() {
    if (this.over.input.checked) return `>${this.description.readings.limit}`;
    const both = [this.low.field.value.trim(), this.high.field.value.trim()].filter(Boolean);
    return both.sort((one, other) => Number(one) - Number(other)).join("-");
  }

  #changed() {
    this.#enable();
    this.listeners.onTexts(this.#texts());
  }

  #enable() {
    const isOver = this.over.input.checked;
    for (const { field, slider } of [this.low, this.high]) field.disabled = slider.disabled = isOver;
  }

  #clear() {
    for (const one of [this.low, this.high, this.birefringence, this.gravity, this.hardness]) fill(one, "");
    for (const { field } of [this.air, this.water]) field.value = "";
    for (const { field } of [this.character, this.pleochroism, this.fluorescence]) field.value = "";
    this.over.input.checked = false;
    this.#changed();
  }

  /**
   * @param {string} key
   * @param {string | null} title of several fields; one field has its own
   * @param {...HTMLElement} children
   * @returns {HTMLElement}
   */
  #group(key, title, ...children) {
    const effect = element("p", { class: "effect", id: `effect-${key}`, role: "status" });
    this.#effects[key] = effect;
    if (!title) return element("div", { class: "reading" }, ...children, effect);
    return element("fieldset", { class: "reading" }, element("legend", {}, title), ...children, effect);
  }

  /**
   * Make a field with a slider, either of which moves the other.
   * @param {string} key
   * @param {string} title
   * @param {Range} range
   * @param {number} step
   * @param {number} decimals
   * @returns {Slider}
   */
  #slider(key, title, [low, high], step, decimals) {
    const field = element("input", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      placeholder: " ",
      "aria-describedby": `effect-${key}`,
      input: () => {
        follow(made);
        this.#changed();
      },
    });
    const slider = element("input", {
      type: "range",
      min: low,
      max: high,
      step,
      "aria-label": this.text("reading.slider", { title }),
      input: () => {
        field.value = Number(slider.value).toFixed(decimals);
        slider.classList.remove("unset");
        this.#changed();
      },
    });
    const empty = button(
      "×",
      () => {
        fill(made, "");
        this.#changed();
      },
      { class: "empty", "aria-label": this.text("reading.empty", { title }) },
    );
    const label = element("label", {}, element("span", {}, title), field);
    const made = { key, field, slider, root: element("div", { class: "slider" }, label, empty, slider) };
    fill(made, "");
    this.#firsts[key] ??= field;
    return made;
  }

  /**
   * @param {string} key
   * @param {string} title
   */
  #field(key, title) {
    const field = element("input", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      "aria-describedby": `effect-${key}`,
      input: () => this.#changed(),
    });
    return { field, root: element("label", {}, element("span", {}, title), field) };
  }

  /**
   * @param {string} key
   * @param {string} title
   * @param {string[]} values
   */
  #choice(key, title, values) {
    const field = element(
      "select",
      { "aria-describedby": `effect-${key}`, change: () => this.#changed() },
      element("option", { value: "" }, this.text("reading.not-read")),
      ...values.map((value) => element("option", { value }, value)),
    );
    this.#firsts[key] = field;
    return { field, root: element("label", { class: "choice" }, element("span", {}, title), field) };
  }

  /** @returns {HTMLElement} */
  #weighing() {
    return element(
      "details",
      { class: "weighing" },
      element("summary", {}, this.text("reading.weigh")),
      element("div", { class: "pair" }, this.air.root, this.water.root),
    );
  }
}

/**
 * @param {Slider} one
 * @param {string} value
 */
function fill(one, value) {
  one.field.value = value;
  follow(one);
}

/**
 * Move the slider to what the field says; to the middle, and pale, where it says nothing.
 * @param {Slider} one
 */
function follow({ field, slider }) {
  const value = field.value.trim() ? Number(field.value) : NaN;
  slider.classList.toggle("unset", Number.isNaN(value));
  slider.value = String(Number.isNaN(value) ? (Number(slider.min) + Number(slider.max)) / 2 : value);
}

/**
 * @param {Range} range
 * @returns {Range} to tenths, outwards
 */
function rounded([low, high]) {
  return [Math.floor(10 * low) / 10, Math.ceil(10 * high) / 10];
}

/** @returns {boolean} whether a person has asked for less motion */
export function isCalm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
