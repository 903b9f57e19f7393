/** Start the page: what is called first. */

/** @import {Description} from "./description.js" */
/** @import {Engine} from "./engine.js" */
/** @import {LiteRt} from "@litertjs/core" */

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
 * @param {Uint8Array} machineCode
 * @returns {Promise<LiteRt>}
 */
async function startRuntime(machineCode) {
  const none = { limits: {}, features: new Set(), requestDevice: async () => null };
  Object.defineProperty(navigator, "gpu", { value: { requestAdapter: async () => none }, configurable: true });
  useMachineCode(machineCode);
  await loadLiteRt("litert.js"); // a name that it does not use, since its loader is in the page
  Reflect.deleteProperty(navigator, "gpu");
  return { Tensor, loadAndCompile };
}

/**
 * @param {Description} description
 * @returns {Promise<Engine>}
 */
async function ready(description) {
  await new Promise((shown) => setTimeout(shown)); // the page first
  const { "machine-code": machineCode, finder, network } = unpacked(
    ["machine-code", "finder", "network"],
    element("pieces"),
    element("unpacker").textContent,
  );
  return startEngine({ runtime: machineCode.then(startRuntime), finder, network, description });
}

const description = JSON.parse(element("description").textContent);
const strings = JSON.parse(element("strings").textContent);
start(element("app"), description, strings, ready(description));
