/** The page: a person with a stone on one side, the engine on the other. */

/** @import {Description} from "../description.js" */
/** @import {Point} from "../white-balance.js" */
/** @import {Box, Engine, Named, Photograph, Specimen} from "./types.js" */

import { PatchError } from "../white-balance.js";
import { AnswerPanel } from "./answer-panel.js";
import { Correction } from "./correction.js";
import { button, element, save } from "./elements.js";
import { correctionsOf, csvOf, jsonOf } from "./exports.js";
import { inWords } from "./failures.js";
import { PhotographPanel } from "./photograph-panel.js";
import { ReadingsPanel, isCalm } from "./readings-panel.js";
import { Reader } from "./reader.js";
import { Restrictions } from "./restrictions.js";
import { SessionPanel } from "./session-panel.js";
import { completed, counted, isEmpty, named, newSpecimen } from "./session.js";
import { sheetOf } from "./sheet.js";
import { deleteAll, forget, keep, kept } from "./store.js";
import { textOf } from "./text.js";
import { release } from "./urls.js";

/** @type {Record<import("../white-balance.js").PatchProblem, string>} */
const PATCH_PROBLEMS = {
  outside: "white.outside",
  clipped: "white.clipped",
  dark: "white.dark",
  coloured: "white.coloured",
};

/** What a browser needs for photographs, by the names that it has for them. */
const NEEDED = ["WebAssembly", "DecompressionStream", "OffscreenCanvas", "createImageBitmap"];

/** After so many milliseconds without a change the session takes it over. */
const PAUSE = 200;

/**
 * Start the page.
 * @param {HTMLElement} root
 * @param {Description} description
 * @param {Record<string, string>} strings
 * @param {Promise<Engine>} engineReady
 */
export function start(root, description, strings, engineReady) {
  new Page(root, description, strings, engineReady);
}

class Page {
  /** @type {Specimen} */
  #current = newSpecimen();
  /** @type {Named[]} the stones of the session, the newest first; the current one is among them once it is not empty */
  #stones = [];
  #isKept = false;
  /** @type {Promise<void>} photographs are read one after the other */
  #queue = Promise.resolve();
  #waiting = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #soon;

  /**
   * @param {HTMLElement} root
   * @param {Description} description
   * @param {Record<string, string>} strings
   * @param {Promise<Engine>} engineReady
   */
  constructor(root, description, strings, engineReady) {
    const text = textOf(strings);
    this.text = text;
    this.description = description;
    this.reader = new Reader(engineReady, description);
    this.photographs = new PhotographPanel(text, {
      onFiles: (files) => this.#add(files),
      onLook: (photograph, change) => this.#lookAgain(photograph, change),
      onRemove: (photograph) => this.#remove(photograph),
    });
    this.answer = new AnswerPanel(description, text, {
      onTest: (key) => this.readings.focus(key),
      onWrong: () => this.#ask(),
      onGuarantee: (guarantee) => {
        this.#current.guarantee = guarantee;
        this.#refresh();
      },
    });
    this.restrictions = new Restrictions(description, text, (only, without) => {
      Object.assign(this.#current, { only, without });
      this.#refresh();
    });
    this.readings = new ReadingsPanel(description, text, this.restrictions.root, {
      onTexts: (texts) => {
        this.#current.texts = texts;
        this.#refresh();
      },
      onTrade: (on) => {
        this.#current.trade = on;
        this.#refresh();
      },
    });
    this.session = new SessionPanel(text, {
      onOpen: (specimen) => this.#open(specimen),
      onDelete: (specimen) => this.#delete(specimen),
      onKeep: (on) => this.#keepAll(on),
      onDeleteAll: () => this.#deleteAll(),
      onJson: () => save(jsonOf(this.#specimens, description, text), "gemhier.jsonl"),
      onCsv: () => save(csvOf(this.#specimens, description, text), "gemhier.csv"),
      onPrint: () => print(),
      onCorrections: () => this.#exportCorrections(),
    });
    this.correction = new Correction(description, text);
    this.sheet = element("div", { class: "sheets" });
    this.next = button(text("page.next"), () => this.#next(), { class: "next" });
    this.starting = element("p", { class: "status", role: "status" }, text("page.starting"));
    root.replaceChildren(
      element(
        "header",
        { class: "top" },
        element("h1", {}, text("page.name")),
        element("p", { class: "quiet" }, text("page.promise")),
        this.next,
      ),
      this.starting,
      element(
        "div",
        { class: "columns" },
        element("div", { class: "column" }, this.photographs.root),
        element("div", { class: "column facing" }, this.answer.root),
        element("div", { class: "column" }, this.readings.root, this.session.root),
      ),
      element("footer", { class: "quiet" }, text("page.model", { version: description.model_version })),
      this.answer.bar,
      this.correction.root,
      this.sheet,
    );
    addEventListener("beforeprint", () => this.sheet.replaceChildren(sheetOf(this.#stones, description, text)));
    addEventListener("afterprint", () => this.sheet.replaceChildren());
    engineReady.then(
      () => this.starting.remove(),
      (error) => {
        const lacking = NEEDED.filter((name) => !(name in globalThis)).join(", ");
        const reason = lacking ? text("page.lacks", { what: lacking }) : String(error?.message ?? error);
        this.starting.textContent = text("page.no-engine", { reason });
        this.starting.classList.add("problem");
      },
    );
    this.#openCurrent();
    this.#restore();
  }

  /** @returns {Specimen[]} */
  get #specimens() {
    return this.#stones.map(({ specimen }) => specimen);
  }

  /** Show the current stone in all panels. */
  #openCurrent() {
    this.readings.show(this.#current);
    this.restrictions.show(this.#current);
    this.photographs.complain("");
    this.#shown();
  }

  #shown() {
    this.photographs.show(this.#current);
    this.#refresh();
  }

  /**
   * Take over what was seen in a photograph; meanwhile a person may have gone on to another stone.
   * @param {Specimen} specimen
   */
  #seen(specimen) {
    if (specimen === this.#current) this.#shown();
    else this.#record({ specimen, prediction: named(specimen, this.description, this.text).prediction });
  }

  /** Name the current stone anew, and show what comes out. */
  #refresh() {
    const specimen = this.#current;
    const { prediction, complaint } = named(specimen, this.description, this.text);
    const right = this.description.nodes.find((node) => node.id === specimen.right)?.name ?? "";
    const names = counted(specimen.photographs, this.description).counted;
    const { guarantee } = specimen;
    this.answer.show(prediction, { hasPhotograph: specimen.photographs.length > 0, names, right, guarantee });
    this.readings.showEffects(prediction, complaint, specimen.texts);
    this.next.hidden = isEmpty(specimen);
    this.#record({ specimen, prediction });
  }

  /**
   * Put a stone into the session, or what is new of it.
   * @param {Named} stone
   */
  #record(stone) {
    const place = this.#stones.findIndex(({ specimen }) => specimen === stone.specimen);
    if (isEmpty(stone.specimen)) {
      if (place >= 0) this.#stones.splice(place, 1);
      if (place >= 0 && this.#isKept) this.#store(forget(stone.specimen.id));
    } else if (place >= 0) this.#stones[place] = stone;
    else this.#stones.unshift(stone);
    // A slider changes the stone many times a second.
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => {
      if (this.#isKept && this.#stones.includes(stone)) this.#store(keep(stone.specimen));
      this.#list();
    }, PAUSE);
  }

  #list() {
    this.session.show(this.#stones, this.#current, this.#isKept);
  }

  /** @param {File[]} files */
  #add(files) {
    const specimen = this.#current;
    for (const file of files) {
      this.#do(async () => {
        const name = file.name || this.text("photograph.unnamed");
        const photograph = await this.reader.read(file, name, ({ preview, picture: { width, height } }) => {
          if (specimen === this.#current) this.photographs.preview(preview, width, height, name);
        });
        specimen.photographs = [...specimen.photographs, photograph];
        this.#seen(specimen);
      });
    }
  }

  /**
   * @param {Photograph} photograph
   * @param {{box: Box | null, white: Point | null}} change
   */
  #lookAgain(photograph, change) {
    const specimen = this.#current;
    this.#do(async () => {
      const found = await this.reader.lookAgain(photograph, change);
      if (found.preview !== photograph.preview) release([photograph.preview]);
      specimen.photographs = specimen.photographs.map((one) => (one === photograph ? found : one));
      this.#seen(specimen);
    });
  }

  /** @param {Photograph} photograph */
  #remove(photograph) {
    this.#current.photographs = this.#current.photographs.filter((one) => one !== photograph);
    this.#shown();
    release([photograph.preview]);
  }

  /**
   * Do something that takes a while after what is being done, and say what went wrong.
   * @param {() => Promise<void>} act
   */
  #do(act) {
    this.#waiting += 1;
    this.photographs.complain("");
    const begin = () => {
      this.photographs.busy(this.text("photograph.looking"));
      return act();
    };
    this.photographs.busy(this.text("photograph.looking"));
    this.#queue = this.#queue.then(begin).then(
      () => this.#done(""),
      (error) => {
        this.photographs.show(this.#current);
        const words =
          error instanceof PatchError ? this.text(PATCH_PROBLEMS[error.problem]) : inWords(error, this.text);
        this.#done(words);
      },
    );
  }

  /** @param {string} words */
  #done(words) {
    this.#waiting -= 1;
    if (!this.#waiting) this.photographs.busy("");
    if (words) this.photographs.complain(words);
  }

  #next() {
    this.#current = newSpecimen(this.#current);
    this.#openCurrent();
    scrollTo({ top: 0, behavior: isCalm() ? "auto" : "smooth" });
  }

  /** @param {Specimen} specimen */
  #open(specimen) {
    this.#current = specimen;
    this.#openCurrent();
    scrollTo({ top: 0, behavior: isCalm() ? "auto" : "smooth" });
  }

  /** @param {Specimen} specimen */
  #delete(specimen) {
    this.#stones = this.#stones.filter((stone) => stone.specimen !== specimen);
    if (this.#isKept) this.#store(forget(specimen.id));
    release(specimen.photographs.map(({ preview }) => preview));
    if (specimen === this.#current) {
      this.#current = newSpecimen(specimen);
      this.#openCurrent();
    }
    this.#list();
  }

  async #deleteAll() {
    release(this.#specimens.flatMap(({ photographs }) => photographs.map(({ preview }) => preview)));
    this.#stones = [];
    this.#isKept = false;
    this.#current = newSpecimen();
    this.#openCurrent();
    this.#list();
    await this.#store(deleteAll());
  }

  /** @param {boolean} on */
  async #keepAll(on) {
    this.#isKept = on;
    await this.#store(on ? Promise.all(this.#specimens.map(keep)) : deleteAll());
    this.#list();
  }

  /** Take over what an earlier visit left on the device. */
  async #restore() {
    const found = await kept().catch(() => null); // where the browser lets nothing be kept, nothing was
    if (!found) return;
    this.#isKept = true;
    const whole = found.map(completed);
    const stones = whole.map((specimen) => {
      return { specimen, prediction: named(specimen, this.description, this.text).prediction };
    });
    this.#stones = [...this.#stones, ...stones].sort((one, other) =>
      one.specimen.begun < other.specimen.begun ? 1 : -1,
    );
    this.#list();
  }

  /**
   * Wait for the device's memory, and say if it refuses.
   * @param {Promise<unknown>} done
   */
  async #store(done) {
    try {
      await done;
    } catch (error) {
      this.#isKept = false;
      this.#list();
      const reason = error instanceof Error ? error.message : String(error);
      this.session.problem.textContent = this.text("session.cannot-keep", { reason });
    }
  }

  #ask() {
    const specimen = this.#current;
    const name = this.description.nodes.find((node) => node.id === specimen.right)?.name ?? "";
    this.correction.ask(name, (right) => {
      specimen.right = right;
      this.#refresh();
    });
  }

  async #exportCorrections() {
    try {
      save(await correctionsOf(this.#specimens, this.description, this.text), "corrections.zip");
    } catch (error) {
      this.session.problem.textContent = inWords(error, this.text);
    }
  }
}
