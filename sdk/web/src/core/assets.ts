/** The engine's files: fetched within bounds of time, checked for their type, counted. */

import { CoreError } from './failure.js';

/** A file of the engine, as the build wrote it. */
export interface Asset {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A file from which nothing has come for this long cannot be had. Experience: people leave sooner. */
const STALLED_AFTER_MS = 15_000;
/** Digits of the hash that an address carries, so that no cache gives an older file. */
const VERSION_DIGITS = 12;

/** How a file is fetched. */
export interface FetchOptions {
  /** The type that the server must give it; without one, anything but a text. */
  mime?: string;
  /** Passes the caches over. */
  reload?: boolean;
  /** Called with the bytes of each piece. */
  onBytes?: (bytes: number) => void;
}

/** Fetches a file and hands the answer on; its body fails with a `CoreError` when it stalls. */
export async function fetchAsset(base: string, asset: Asset, options: FetchOptions = {}): Promise<Response> {
  const url = new URL(`${asset.file}?v=${asset.sha256.slice(0, VERSION_DIGITS)}`, base);
  const stalled = new AbortController();
  const watch = new Watch(() => stalled.abort());
  let response: Response;
  try {
    response = await fetch(url, {
      signal: stalled.signal,
      cache: options.reload ? 'reload' : 'default',
      credentials: 'same-origin',
    });
  } catch (cause) {
    watch.stop();
    throw new CoreError('asset_unreachable', `${asset.file} cannot be fetched from ${base}`, { cause });
  }
  if (!response.ok || !response.body) {
    watch.stop();
    throw new CoreError('asset_unreachable', `${asset.file} is answered with HTTP status ${response.status}`);
  }
  const type = (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (options.mime ? type !== options.mime : type.startsWith('text/')) {
    watch.stop();
    const wanted = options.mime ?? 'application/octet-stream';
    throw new CoreError('asset_invalid', `${asset.file} comes as ${type || 'nothing'}: serve it as ${wanted}`);
  }
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      start: () => watch.again(),
      transform(piece, controller) {
        watch.again();
        options.onBytes?.(piece.byteLength);
        controller.enqueue(piece);
      },
      flush: () => watch.stop(),
    }),
  );
  return new Response(counted, { headers: { 'content-type': type } });
}

/** Fetches all bytes of a file. */
export async function fetchBytes(base: string, asset: Asset, options: FetchOptions = {}): Promise<Uint8Array> {
  const response = await fetchAsset(base, asset, options);
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new CoreError('asset_unreachable', `${asset.file} broke off`, { cause });
  }
}

/** Compiles the WebAssembly module while it comes. */
export async function compileModule(
  base: string,
  asset: Asset,
  onBytes: (bytes: number) => void,
): Promise<WebAssembly.Module> {
  const response = await fetchAsset(base, asset, { mime: 'application/wasm', onBytes });
  try {
    return await WebAssembly.compileStreaming(response);
  } catch (cause) {
    const isContent = cause instanceof WebAssembly.CompileError;
    const problem = isContent ? 'is no WebAssembly that this browser runs' : 'broke off';
    throw new CoreError(isContent ? 'asset_invalid' : 'asset_unreachable', `${asset.file} ${problem}`, { cause });
  }
}

/** Calls back when nothing has happened for too long. */
class Watch {
  private timer: ReturnType<typeof setTimeout>;

  constructor(private readonly late: () => void) {
    this.timer = setTimeout(late, STALLED_AFTER_MS);
  }

  again(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.late, STALLED_AFTER_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
