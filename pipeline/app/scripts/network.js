/** An exported network, run by LiteRT.js on the processor. */

/** @import {CompiledModel, LiteRt} from "@litertjs/core" */

/** A network that takes one square picture. */
export class Network {
  /** @type {LiteRt} */
  #runtime;
  /** @type {CompiledModel} */
  #model;
  /** @type {string} */
  #input;

  /**
   * @param {LiteRt} runtime
   * @param {CompiledModel} model
   */
  constructor(runtime, model) {
    const [input] = model.getInputDetails();
    if (!input) throw new Error("The network takes no picture.");
    this.#runtime = runtime;
    this.#model = model;
    this.#input = input.name;
    /** The side of its picture, in pixels. */
    this.size = Number(input.shape[1]);
  }

  /**
   * Load a network.
   * @param {LiteRt} runtime started
   * @param {Uint8Array} content of the .tflite file, whose batch is 1
   * @returns {Promise<Network>}
   */
  static async load(runtime, content) {
    return new Network(runtime, await runtime.loadAndCompile(content, { accelerator: "wasm" }));
  }

  /**
   * Return the outputs for a picture, by their names.
   * @param {Uint8Array} pixels RGB, row by row
   * @returns {Promise<Record<string, Float32Array>>}
   */
  async run(pixels) {
    const picture = new this.#runtime.Tensor(pixels, [1, this.size, this.size, 3]);
    try {
      const outputs = await this.#model.run({ [this.#input]: picture });
      return Object.fromEntries(
        Object.entries(outputs).map(([name, output]) => {
          const values = output.toTypedArray();
          output.delete();
          return [name, values];
        }),
      );
    } finally {
      picture.delete();
    }
  }
}
