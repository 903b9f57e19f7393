/** "This is wrong": a person says what the stone is. */

/** @import {Description} from "../description.js" */
/** @import {Text} from "./text.js" */

import { button, element } from "./elements.js";

export class Correction {
  /** @type {(id: string) => void} */
  #onRight = () => {};

  /**
   * @param {Description} description
   * @param {Text} text
   */
  constructor({ nodes }, text) {
    this.text = text;
    this.ids = new Map(nodes.map((node) => [node.name.toLowerCase(), node.id]));
    this.field = element("input", {
      type: "text",
      list: "gem-names",
      autocomplete: "off",
      "aria-describedby": "wrong-problem",
    });
    this.problem = element("p", { class: "problem", id: "wrong-problem", role: "alert" });
    const names = nodes.map((node) => node.name).sort((one, other) => one.localeCompare(other));
    this.root = element(
      "dialog",
      { "aria-labelledby": "wrong-title" },
      element("h2", { id: "wrong-title" }, text("wrong.title")),
      element("p", {}, text("wrong.hint")),
      element("label", {}, element("span", {}, text("wrong.name")), this.field),
      element("datalist", { id: "gem-names" }, ...names.map((value) => element("option", { value }))),
      this.problem,
      element(
        "div",
        { class: "row" },
        button(text("wrong.keep"), () => this.#keep(), { class: "primary" }),
        button(text("wrong.cancel"), () => this.root.close()),
      ),
    );
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#keep();
    });
  }

  /**
   * Ask for the name.
   * @param {string} name that was given before, or ""
   * @param {(id: string) => void} onRight is told the id of the node; "" takes a name back
   */
  ask(name, onRight) {
    this.#onRight = onRight;
    this.field.value = name;
    this.problem.textContent = "";
    this.root.showModal();
  }

  #keep() {
    const name = this.field.value.trim();
    const id = name ? this.ids.get(name.toLowerCase()) : "";
    if (id === undefined) {
      this.problem.textContent = this.text("wrong.unknown", { name });
      return;
    }
    this.root.close();
    this.#onRight(id);
  }
}
