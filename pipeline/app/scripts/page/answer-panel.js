/** What the stone is taken for: the answer, the shortlist, what looks alike, and the test that comes next. */

/** @import {Description, Gem, Ranked} from "../description.js" */
/** @import {Prediction} from "../classify.js" */
/** @import {Text} from "./text.js" */

import { factsOf } from "./facts.js";
import { button, element } from "./elements.js";
import { capital, contradictionsInWords, rankInWords } from "../wording.js";
import { givesShortlist } from "../shortlist.js";
import { percent } from "./text.js";

/** So many gems are on the shortlist. */
const MOST = 6;

/** So many look-alikes are shown without unfolding. */
const LOOK_ALIKES = 2;

/** Beyond this probability a gem that the model cannot name is on the shortlist. */
const WORTH_SHOWING = 0.001;

/**
 * @typedef {object} Row of the shortlist
 * @property {HTMLDetailsElement} root
 * @property {HTMLElement} number
 * @property {HTMLElement} bar
 */

export class AnswerPanel {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Map<string, Gem>} */
  #gems;

  /**
   * @param {Description} description
   * @param {Text} text
   * @param {{onTest: (key: string) => void, onWrong: () => void, onGuarantee: (share: number | null) => void}} listeners
   */
  constructor(description, text, listeners) {
    this.description = description;
    this.text = text;
    this.listeners = listeners;
    this.#gems = new Map(description.candidates.map((gem) => [gem.id, gem]));
    this.name = element("h2", { id: "answer-title", class: "answer" });
    this.about = element("p", { class: "about" });
    this.announced = element("div", { role: "status", "aria-atomic": "true" }, this.name, this.about);
    this.caution = element("p", { class: "caution", role: "status" });
    this.contradiction = element("p", { class: "problem", role: "alert" });
    this.families = element("p", { class: "quiet families" });
    this.list = element("ol", { class: "shortlist" });
    this.alike = element("ul", { class: "alike" });
    this.more = element("details", {}, element("summary", {}, text("answer.more")), element("ul", { class: "alike" }));
    this.tests = element("ul", { class: "tests" });
    this.promise = element("p", { class: "quiet" });
    this.alikePart = this.#part("", this.alike, this.more);
    this.testsPart = this.#part(text("answer.next-tests"), this.tests);
    this.guarantee = element(
      "select",
      { change: () => listeners.onGuarantee(Number(this.guarantee.value) || null) },
      element("option", { value: "" }, text("answer.no-guarantee")),
      ...description.shortlists.shares.map((share) => element("option", { value: share }, percent(share))),
    );
    this.guaranteeTitle = element("span");
    this.guaranteeHint = element("p", { class: "quiet" });
    this.sure = element("p", { class: "sure", role: "status" });
    this.promised = element(
      "div",
      { class: "promised" },
      element("label", { class: "choice" }, this.guaranteeTitle, this.guarantee),
      this.sure,
      this.guaranteeHint,
    );
    this.listPart = this.#part(text("answer.shortlist"), this.list, this.families, this.promised);
    this.wrong = button(text("wrong.open"), listeners.onWrong, { class: "plain" });
    this.right = element("p", { class: "right", hidden: true });
    this.root = element(
      "section",
      { class: "card result", "aria-labelledby": "answer-title" },
      this.announced,
      this.caution,
      this.contradiction,
      this.listPart,
      this.testsPart,
      this.alikePart,
      this.promise,
      this.right,
      element("div", { class: "row" }, this.wrong),
    );
    this.bar = element("p", { class: "summary", "aria-hidden": "true" });
  }

  /**
   * @param {string} title
   * @param {...Node} children
   * @returns {HTMLElement}
   */
  #part(title, ...children) {
    return element("div", { class: "part" }, element("h3", {}, title), ...children);
  }

  /**
   * Show what a stone is taken for; null where nothing is known of it yet.
   * @param {Prediction | null} prediction
   * @param {object} specimen
   * @param {boolean} specimen.hasPhotograph
   * @param {string[]} specimen.names of the photographs that count
   * @param {string} specimen.right the name that a person gave it, or ""
   * @param {number | null} specimen.guarantee
   */
  show(prediction, { hasPhotograph, names, right, guarantee }) {
    this.root.hidden = !prediction;
    this.bar.hidden = !prediction;
    if (!prediction) return;
    const { answer, families, explanation, words } = prediction;
    const isNoGem = !answer && prediction.refused?.startsWith(this.description.wording.no_gem) === true;
    const [name, about] = this.#headline(prediction, isNoGem);
    setText(this.name, name);
    setText(this.about, about);
    setText(this.caution, words.caution);
    const ofViews = contradictionsInWords(prediction.contradictions, names, this.text);
    this.contradiction.textContent = [ofViews, words.contradiction].filter(Boolean).join(" ");
    const shortlist = this.#shortlist(prediction);
    this.#rank(shortlist);
    const named = families.slice(0, 3).map((family) => `${family.name} ${percent(family.probability)}`);
    this.families.textContent = this.text("answer.families", { families: named.join(" · ") });
    this.promised.hidden = isNoGem || !givesShortlist(hasPhotograph, this.description);
    setText(this.guaranteeTitle, this.text(hasPhotograph ? "answer.guarantee" : "answer.share"));
    setText(this.guaranteeHint, this.text(hasPhotograph ? "answer.guarantee-hint" : "answer.share-hint"));
    this.guarantee.value = String(guarantee ?? "");
    setText(this.sure, words.shortlist && `${capital(words.shortlist)}.`);
    this.alikePart.hidden = isNoGem || !explanation.lookAlikes.length;
    const alike = explanation.lookAlikes.map((gem) =>
      element("li", {}, element("strong", {}, gem.name), ` ${gem.difference}`),
    );
    const likeliest = shortlist[0]?.name.toLowerCase() ?? "";
    setText(
      /** @type {HTMLElement} */ (this.alikePart.firstElementChild),
      this.text("answer.look-alikes", { name: likeliest }),
    );
    this.alike.replaceChildren(...alike.slice(0, LOOK_ALIKES));
    this.more.hidden = alike.length <= LOOK_ALIKES;
    this.more.lastElementChild?.replaceChildren(...alike.slice(LOOK_ALIKES));
    this.testsPart.hidden = isNoGem || !words.nextTests.length;
    this.tests.replaceChildren(
      ...explanation.nextTests.map(({ key }, place) =>
        element(
          "li",
          {},
          element("span", {}, words.nextTests[place] ?? ""),
          button(this.text("answer.enter"), () => this.listeners.onTest(key), {
            "aria-label": this.text("answer.enter-of", { test: explanation.nextTests[place]?.title ?? key }),
          }),
        ),
      ),
    );
    this.promise.hidden = !answer || !hasPhotograph;
    this.promise.textContent = this.#limits(prediction);
    this.wrong.hidden = !hasPhotograph;
    this.right.hidden = !right;
    this.right.textContent = right && this.text("wrong.kept", { name: right });
    this.bar.replaceChildren(element("strong", {}, name), ` ${about}`);
  }

  /**
   * Return how far an answer goes; of unlike photographs the caution says what is promised.
   * @param {Prediction} prediction
   * @returns {string}
   */
  #limits({ like }) {
    const share = percent(this.description.answering.default_precision);
    const promise = like === false ? "" : `${this.text("answer.promise", { share })} `;
    return promise + this.text("answer.not-known");
  }

  /**
   * @param {Prediction} prediction
   * @param {boolean} isNoGem
   * @returns {[string, string]}
   */
  #headline({ answer, words }, isNoGem) {
    const { text } = this;
    if (isNoGem) return [text("answer.no-gem"), text("answer.no-gem-about")];
    if (!answer) return [text("answer.unsure"), words.perhaps];
    const rank = rankInWords(answer.rank, text);
    const probability = percent(answer.probability);
    const about = answer.above
      ? text("answer.about", { rank, above: answer.above.toLowerCase(), probability })
      : text("answer.about-family", { rank, probability });
    return [answer.name, about];
  }

  /**
   * @param {Prediction} prediction
   * @returns {Ranked[]}
   */
  #shortlist({ subclasses, explanation }) {
    const others = explanation.others.filter((gem) => gem.probability >= WORTH_SHOWING);
    return [...subclasses, ...others].sort((one, other) => other.probability - one.probability).slice(0, MOST);
  }

  /** @param {Ranked[]} gems */
  #rank(gems) {
    const shown = gems.map((gem) => {
      const row = this.#rows.get(gem.id) ?? this.#row(gem);
      this.#rows.set(gem.id, row);
      row.number.textContent = percent(gem.probability);
      row.bar.style.transform = `scaleX(${gem.probability})`;
      return row;
    });
    const items = shown.map((row) => /** @type {HTMLElement} */ (row.root.parentElement));
    const isSame =
      items.length === this.list.children.length && items.every((item, place) => item === this.list.children[place]);
    if (!isSame) this.list.replaceChildren(...items);
  }

  /**
   * @param {Ranked} gem
   * @returns {Row}
   */
  #row({ id, name }) {
    const number = element("span", { class: "number" });
    const bar = element("span", { class: "fill" });
    const gem = this.#gems.get(id);
    const root = element(
      "details",
      {
        toggle: () => {
          if (gem && root.open && root.children.length === 1) {
            root.append(factsOf(gem, this.description, this.text));
          }
        },
      },
      element(
        "summary",
        {},
        element("span", { class: "name" }, capital(name)),
        number,
        element("span", { class: "track", "aria-hidden": "true" }, bar),
      ),
    );
    element("li", {}, root);
    return { root, number, bar };
  }
}

/**
 * Change a text only if it is another one, so that a screen reader does not say it again.
 * @param {HTMLElement} where
 * @param {string} words
 */
function setText(where, words) {
  if (where.textContent !== words) where.textContent = words;
}
