/** Elements of the page, made in one line each. */

/**
 * Make an element.
 *
 * An attribute that is a function listens to the event of its name; true stands for an attribute without a value, and
 * false, null and undefined for none.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} attributes
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * Make a button.
 * @param {string} words
 * @param {() => void} act what a press does
 * @param {Record<string, string | number | boolean | null | undefined>} attributes
 * @returns {HTMLButtonElement}
 */
export function button(words, act, attributes = {}) {
  return element("button", { type: "button", click: act, ...attributes }, words);
}

/**
 * Make a switch with its words.
 * @param {string} words
 * @param {(on: boolean) => void} act
 * @returns {{label: HTMLLabelElement, input: HTMLInputElement}}
 */
export function toggle(words, act) {
  const input = element("input", { type: "checkbox", role: "switch", change: () => act(input.checked) });
  return { label: element("label", { class: "switch" }, input, element("span", {}, words)), input };
}

/**
 * Give an element other children, and leave the focus where it was among its buttons.
 * @param {HTMLElement} parent
 * @param {Node[]} children
 * @param {boolean} [isFocused] whether the pressed button is to have the focus in any case
 */
export function replace(parent, children, isFocused = false) {
  const place = [...parent.querySelectorAll("button")].findIndex((one) => one === document.activeElement);
  parent.replaceChildren(...children);
  if (place < 0 && !isFocused) return;
  const buttons = [...parent.querySelectorAll("button")];
  const pressed = buttons.find((one) => one.getAttribute("aria-pressed") === "true");
  (pressed ?? buttons[Math.min(place, buttons.length - 1)])?.focus({ preventScroll: true });
}

/**
 * Offer a file for saving.
 * @param {Blob} content
 * @param {string} name
 */
export function save(content, name) {
  const url = URL.createObjectURL(content);
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
