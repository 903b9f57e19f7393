/** What of the package `@litertjs/core` is used, which is put into the page and needed by no check. */
declare module "@litertjs/core" {
  export class Tensor {
    constructor(data: Uint8Array, shape: number[]);
    toTypedArray(): Float32Array;
    delete(): void;
  }

  export interface CompiledModel {
    getInputDetails(): { name: string; shape: Int32Array }[];
    run(input: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  }

  export function loadLiteRt(path: string): Promise<unknown>;
  export function loadAndCompile(model: Uint8Array, options: { accelerator: "wasm" }): Promise<CompiledModel>;

  /** The part of it that runs networks. */
  export interface LiteRt {
    Tensor: typeof Tensor;
    loadAndCompile: typeof loadAndCompile;
  }
}
