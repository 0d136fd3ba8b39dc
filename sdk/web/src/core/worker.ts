/**
 * The worker: runs the engine and talks with the service, so that neither holds up the page.
 *
 * A file of its own: nothing else imports it.
 */

import assets from '../../generated/assets.json';
import init, { CaptureEngine, endpointOfToken } from '../../generated/verilume.js';
import type { EngineError, EngineOutput, EngineStart } from '../../generated/verilume.js';
import { compileModule, fetchBytes, type Asset } from './assets.js';
import { CoreError } from './failure.js';
import type { FromWorker, ToWorker } from './messages.js';
import { PixelReader } from './pixels.js';
import { openTransport, type Refusal, type Transport } from './transport.js';

/** Time passes at least this often for the engine. Origin: ten times a second is asked for. */
const TICK_EVERY_MS = 50;

interface WorkerScope {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}
const page = self as unknown as WorkerScope;

/** A capture that has begun. */
interface Run {
  readonly number: number;
  transport: Transport | undefined;
  ticking: ReturnType<typeof setInterval> | undefined;
}

let engine: CaptureEngine | undefined;
let run: Run | undefined;
let pageTimeOriginMs = performance.timeOrigin;
const pixels = new PixelReader();

/** Now, on the page's clock. */
function now(): number {
  return performance.now() + (performance.timeOrigin - pageTimeOriginMs);
}

page.onmessage = ({ data }) => {
  try {
    take(data);
  } catch (error) {
    broken(error);
  }
};

function take(message: ToWorker): void {
  if (message.kind === 'load') {
    pageTimeOriginMs = message.pageTimeOriginMs;
    void load(message.assetsBase);
  } else if (message.kind === 'start') {
    void start(message);
  } else if (message.kind === 'frame') {
    look(message);
  } else if (engine && run?.number === message.run) {
    tell(engine, message);
    follow(engine);
  }
}

type Told = Exclude<ToWorker, { kind: 'load' | 'start' | 'frame' }>;

function tell(engine: CaptureEngine, message: Told): void {
  switch (message.kind) {
    case 'shown':
      return engine.shown(message.step, message.atMs, now());
    case 'pause':
      return engine.pause(message.reason, now());
    case 'retry':
      return engine.retry(now(), message.profile);
    case 'moreTime':
      return engine.moreTime(now());
    case 'resume':
      return engine.resume(now());
    case 'cancel':
      return engine.cancel(now());
    case 'forgetFaces':
      return engine.forgetFaces();
    case 'abandon':
      return end();
  }
}

/** Fetches and starts the engine. */
async function load(base: string): Promise<void> {
  let loadedBytes = 0;
  const totalBytes = Object.values(assets).reduce((sum, asset) => sum + asset.bytes, 0);
  const onBytes = (bytes: number): void => {
    loadedBytes = Math.min(loadedBytes + bytes, totalBytes);
    page.postMessage({ kind: 'progress', loadedBytes, totalBytes });
  };
  const weights = [assets.detector, assets.mesh, assets.iris];
  const fetchAll = (reload: boolean): Promise<Uint8Array[]> =>
    Promise.all(weights.map((asset: Asset) => fetchBytes(base, asset, { reload, onBytes })));
  try {
    const [module, first] = await Promise.all([compileModule(base, assets.wasm, onBytes), fetchAll(false)]);
    await init({ module_or_path: module });
    try {
      engine = engineOf(first);
    } catch (error) {
      if ((error as Partial<EngineError>).kind !== 'weights') throw error;
      // A cache can hold an older file, or a broken one.
      engine = engineOf(await fetchAll(true));
    }
    page.postMessage({ kind: 'loaded' });
  } catch (error) {
    page.postMessage({ kind: 'loadFailed', ...loadFailure(error) });
  }
}

function engineOf([detector, mesh, iris]: Uint8Array[]): CaptureEngine {
  const none = new Uint8Array();
  return new CaptureEngine(detector ?? none, mesh ?? none, iris ?? none);
}

function loadFailure(error: unknown): Pick<Extract<FromWorker, { kind: 'loadFailed' }>, 'code' | 'message'> {
  if (error instanceof CoreError) return { code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  const isWeights = (error as Partial<EngineError> | null)?.kind === 'weights';
  return { code: isWeights ? 'asset_invalid' : 'engine_failed', message };
}

async function start(message: Extract<ToWorker, { kind: 'start' }>): Promise<void> {
  end();
  const current: Run = { number: message.run, transport: undefined, ticking: undefined };
  run = current;
  const fail = (refusal: Refusal & { retryable?: boolean }): void => {
    if (run !== current) return;
    end();
    page.postMessage({ kind: 'failed', run: current.number, ...refusal });
  };
  const { token } = message.start;
  const endpoint = addressOf(message.endpoint ?? endpointOfToken(token));
  if (!endpoint) return fail({ code: 'InvalidToken', message: 'The token names no service, and no endpoint is set.' });
  const transport = await openTransport(endpoint, token, {
    message: (bytes) => guarded(current, (engine) => engine.message(bytes, now())),
    lost: () => guarded(current, (engine) => engine.connectionLost(now())),
    refused: fail,
  });
  if (run !== current) return transport.close();
  current.transport = transport;
  current.ticking = setInterval(() => guarded(current, (engine) => engine.tick(now())), TICK_EVERY_MS);
  guarded(current, (engine) => begin(engine, message.start, message.lowBandwidth));
}

/** The address of a service, as a transport takes it. */
function addressOf(endpoint: string | undefined): string | undefined {
  if (!endpoint || !URL.canParse(endpoint)) return undefined;
  return /^https?:/.test(endpoint) ? endpoint : undefined;
}

function begin(engine: CaptureEngine, start: EngineStart, lowBandwidth: boolean): void {
  engine.start(start, { lowBandwidth }, now());
}

/** Tells the engine something, if it is still about that run, and does what it wants done. */
function guarded(current: Run, say: (engine: CaptureEngine) => void): void {
  if (run !== current || !engine) return;
  try {
    say(engine);
    follow(engine);
  } catch (error) {
    broken(error);
  }
}

function look({ run: number, image, capturedAtMs }: Extract<ToWorker, { kind: 'frame' }>): void {
  const began = performance.now();
  try {
    if (engine && run?.number === number) {
      const { data, width, height } = pixels.read(image);
      engine.frame(new Uint8Array(data.buffer), width, height, capturedAtMs, now());
      follow(engine);
    }
  } finally {
    image.close();
  }
  page.postMessage({ kind: 'frameDone', run: number, tookMs: performance.now() - began });
}

/** Does what the engine wants done. */
function follow(engine: CaptureEngine): void {
  for (;;) {
    const output: EngineOutput | undefined = engine.poll();
    if (!output) return;
    if (output.kind === 'send') {
      run?.transport?.send(output.bytes);
      continue;
    }
    if (run) page.postMessage({ kind: 'output', run: run.number, output });
    if (output.kind === 'finished' || output.kind === 'canceled' || output.kind === 'failed') end();
  }
}

/** Nothing goes on. What has been sent still goes out. */
function end(): void {
  const ended = run;
  run = undefined;
  clearInterval(ended?.ticking);
  ended?.transport?.close();
  pixels.wipe();
}

/** The engine has stopped in the middle of something: it must not be used again. */
function broken(error: unknown): void {
  end();
  engine = undefined;
  const message = error instanceof Error ? error.message : String(error);
  page.postMessage({ kind: 'broken', message });
}
