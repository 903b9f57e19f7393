/** Start the page: what is called first. */

/** @import {Description} from "./description.js" */
/** @import {Engine} from "./engine.js" */

import { Tensor, loadAndCompile, loadLiteRt } from "@litertjs/core";
import { startEngine } from "./engine.js";
import { unpacked } from "./packed.js";
import { start } from "./page/main.js";
import { useMachineCode } from "./wasm-utils.js";

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page lacks ${id}.`);
  return found;
}

/**
 * Start LiteRT.js without asking for a graphics card, which takes time and memory and would not be used.
 * @returns {Promise<void>}
 */
async function startRuntime() {
  const none = { limits: {}, features: new Set(), requestDevice: async () => null };
  Object.defineProperty(navigator, "gpu", { value: { requestAdapter: async () => none }, configurable: true });
  useMachineCode(await unpacked("machine-code"));
  await loadLiteRt("litert.js"); // a name that it does not use, since its loader is in the page
  Reflect.deleteProperty(navigator, "gpu");
}

/**
 * Wait until the browser has read the page to its end, where the networks lie.
 * @returns {Promise<void>}
 */
async function allRead() {
  if (document.readyState !== "loading") return;
  await new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));
}

/**
 * @param {Description} description
 * @returns {Promise<Engine>}
 */
async function ready(description) {
  await new Promise((shown) => setTimeout(shown)); // the page first
  const read = allRead();
  const [, finder, network] = await Promise.all([
    startRuntime(),
    read.then(() => unpacked("finder")),
    read.then(() => unpacked("network")),
  ]);
  return startEngine({ runtime: { Tensor, loadAndCompile }, finder, network, description });
}

const description = JSON.parse(element("description").textContent);
const strings = JSON.parse(element("strings").textContent);
start(element("app"), description, strings, ready(description));
