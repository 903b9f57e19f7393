/** Which gems come into question: what the stone can be, and what it cannot. */

/** @import {Description} from "../description.js" */
/** @import {Text} from "./text.js" */
/** @import {Specimen} from "./types.js" */

import { button, element, replace } from "./elements.js";

/** @type {Record<Kind, string>} */
const TITLES = { only: "gems.only", without: "gems.without" };

/**
 * @typedef {"only" | "without"} Kind
 *
 * @typedef {object} List
 * @property {HTMLElement} root
 * @property {HTMLInputElement} field
 * @property {HTMLElement} chosen
 * @property {HTMLElement} problem
 */

export class Restrictions {
  /** @type {Record<Kind, string[]>} ids of nodes, and of gems that the model cannot name */
  #ids = { only: [], without: [] };

  /**
   * @param {Description} description
   * @param {Text} text
   * @param {(only: string[], without: string[]) => void} onChange
   */
  constructor({ nodes, candidates }, text, onChange) {
    this.text = text;
    this.onChange = onChange;
    this.names = new Map([...candidates, ...nodes].map(({ id, name }) => [id, name]));
    this.ids = new Map([...this.names].map(([id, name]) => [name.toLowerCase(), id]));
    const names = [...new Set(this.names.values())].sort((one, other) => one.localeCompare(other));
    this.lists = { only: this.#list("only"), without: this.#list("without") };
    this.root = element(
      "details",
      { class: "restrictions" },
      element("summary", {}, text("gems.title")),
      element("p", { class: "quiet" }, text("gems.hint")),
      this.lists.only.root,
      this.lists.without.root,
      element("datalist", { id: "all-gem-names" }, ...names.map((value) => element("option", { value }))),
    );
  }

  /**
   * Show those of another stone.
   * @param {Specimen} specimen
   */
  show({ only, without }) {
    this.#ids = { only, without };
    this.root.open = only.length + without.length > 0;
    for (const kind of /** @type {Kind[]} */ (["only", "without"])) {
      this.lists[kind].field.value = this.lists[kind].problem.textContent = "";
      this.#fill(kind);
    }
  }

  /**
   * @param {Kind} kind
   * @returns {List}
   */
  #list(kind) {
    const { text } = this;
    const title = text(TITLES[kind]);
    const problem = element("p", { class: "problem", id: `gems-${kind}-problem`, role: "alert" });
    const field = element("input", {
      type: "text",
      list: "all-gem-names",
      autocomplete: "off",
      "aria-describedby": problem.id,
      keydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter") this.#add(kind);
      },
    });
    const chosen = element("ul", { class: "chosen" });
    const add = button(text("gems.add"), () => this.#add(kind), { "aria-label": text("gems.add-to", { title }) });
    const label = element("label", {}, element("span", {}, title), field);
    const root = element("div", { class: "gems" }, element("div", { class: "adding" }, label, add), problem, chosen);
    return { root, field, chosen, problem };
  }

  /** @param {Kind} kind */
  #add(kind) {
    const { field, problem } = this.lists[kind];
    const name = field.value.trim();
    const id = this.ids.get(name.toLowerCase());
    problem.textContent = name && !id ? this.text("gems.unknown", { name }) : "";
    if (!id) return;
    field.value = "";
    if (!this.#ids[kind].includes(id)) this.#change(kind, [...this.#ids[kind], id]);
  }

  /**
   * @param {Kind} kind
   * @param {string[]} ids
   */
  #change(kind, ids) {
    this.#ids = { ...this.#ids, [kind]: ids };
    this.#fill(kind);
    this.onChange(this.#ids.only, this.#ids.without);
  }

  /** @param {Kind} kind */
  #fill(kind) {
    const items = this.#ids[kind].map((id) => {
      const name = this.names.get(id) ?? id;
      const remove = button("×", () => this.#change(kind, this.#ids[kind].filter((other) => other !== id)), {
        class: "empty",
        "aria-label": this.text("gems.remove", { name }),
      });
      return element("li", {}, name, remove);
    });
    replace(this.lists[kind].chosen, items);
  }
}
