/**
 * The part of WebAssembly's JavaScript interface that is used here. Node has it, but its types come with browsers' only,
 * which this folder must not see.
 */
export interface Memory {
  readonly buffer: ArrayBuffer;
  /** Detaches the former buffer. */
  grow(pages: number): number;
}

interface WebAssemblyGlobal {
  readonly Memory: new (descriptor: { initial: number; maximum: number }) => Memory;
  readonly Module: new (code: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { env: { memory: Memory } },
  ) => { readonly exports: object };
}

const runtime = (globalThis as unknown as { readonly WebAssembly: WebAssemblyGlobal }).WebAssembly;

export function createMemory(pages: number, maximumPages: number): Memory {
  return new runtime.Memory({ initial: pages, maximum: maximumPages });
}

/** Compiles and links at once: for modules of a few kilobytes. */
export function instantiate(code: Uint8Array<ArrayBuffer>, memory: Memory): object {
  return new runtime.Instance(new runtime.Module(code), { env: { memory } }).exports;
}
