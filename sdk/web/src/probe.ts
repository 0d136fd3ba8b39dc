/**
 * Can this browser run the check? A module of its own, so that a page can ask before it loads anything else. It asks the
 * person for nothing: no permission, no camera.
 */

/** What a browser may lack. */
export type MissingFeature =
  | 'secure-context'
  | 'camera'
  | 'webassembly'
  | 'webassembly-simd'
  | 'worker'
  | 'custom-elements'
  | 'constructed-stylesheets'
  | 'websocket';

/** What {@link probe} finds. */
export interface Support {
  /** Whether nothing is missing. */
  readonly ok: boolean;
  /** What is missing. */
  readonly missing: readonly MissingFeature[];
}

/** The smallest module with a SIMD instruction. */
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/** Finds out what the browser lacks. On a server everything is missing. */
export function probe(): Support {
  const it = globalThis as Partial<Window & typeof globalThis>;
  const wasm = it.WebAssembly;
  const has: Record<MissingFeature, boolean> = {
    'secure-context': it.isSecureContext === true,
    camera: typeof it.navigator?.mediaDevices?.getUserMedia === 'function',
    webassembly: typeof wasm?.validate === 'function',
    'webassembly-simd': typeof wasm?.validate === 'function' && validates(wasm, SIMD),
    worker: typeof it.Worker === 'function',
    'custom-elements': it.customElements !== undefined,
    'constructed-stylesheets': it.document !== undefined && 'adoptedStyleSheets' in it.document,
    websocket: typeof it.WebSocket === 'function',
  };
  const missing = (Object.keys(has) as MissingFeature[]).filter((feature) => !has[feature]);
  return { ok: missing.length === 0, missing };
}

/** A policy against WebAssembly shows as an exception in some browsers. */
function validates(wasm: typeof WebAssembly, module: Uint8Array<ArrayBuffer>): boolean {
  try {
    return wasm.validate(module);
  } catch {
    return false;
  }
}
