/**
 * Stands in for `@litertjs/wasm-utils`, which fetches what lies in the page here: its loader is a script of the page,
 * its machine code is handed over.
 */

/**
 * @typedef {object} Settings
 * @property {Uint8Array | null} wasmBinary
 * @property {(line: string) => void} printErr
 *
 * @typedef {(settings: Settings) => Promise<object>} ModuleFactory
 */

/** @type {Uint8Array | null} */
let machineCode = null;

/** @param {Uint8Array} content of the .wasm file */
export function useMachineCode(content) {
  machineCode = content;
}

/**
 * Do what the function of this name does in the package.
 * @template T
 * @param {new (module: object) => T} Library
 * @returns {Promise<T>}
 */
export async function createWasmLib(Library) {
  const { ModuleFactory } = /** @type {{ModuleFactory: ModuleFactory}} */ (/** @type {unknown} */ (globalThis));
  /** @param {string} line of its log, which tells of every step */
  const printErr = (line) => {
    if (!/^(INFO|WARNING): /.test(line)) console.error(line);
  };
  const module = await ModuleFactory({ wasmBinary: machineCode, printErr });
  machineCode = null;
  return new Library(module);
}
