// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCapture } from '../../../src/core/capture.js';
import { CoreError } from '../../../src/core/failure.js';
import type { FromWorker, PageOutput, ToWorker } from '../../../src/core/messages.js';
import type {
  CaptureCore,
  CoreEvent,
  FrameSink,
  FrameSource,
  FrameSourceInfo,
  TerminalEvent,
} from '../../../src/core/types.js';

/** A worker whose words the test says. */
class FakeWorker {
  static all: FakeWorker[] = [];
  onmessage: ((event: { data: FromWorker }) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  told: ToWorker[] = [];
  isTerminated = false;

  constructor() {
    FakeWorker.all.push(this);
  }

  postMessage(message: ToWorker): void {
    this.told.push(message);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  say(message: FromWorker): void {
    this.onmessage?.({ data: message });
  }

  kinds(): string[] {
    return this.told.map((message) => message.kind);
  }
}

const INFO: FrameSourceInfo = {
  stream: null,
  deviceId: 'front',
  label: '',
  facing: 'user',
  width: 640,
  height: 480,
  framesPerSecond: 30,
  lacksControls: false,
  permittedAtMs: 0,
};

/** A camera that the test holds. */
class FakeCamera implements FrameSource {
  sink: FrameSink | undefined;
  stops = 0;
  permit: (info: FrameSourceInfo) => void = () => undefined;
  refuse: (error: Error) => void = () => undefined;

  start(sink: FrameSink): Promise<FrameSourceInfo> {
    this.sink = sink;
    return new Promise((resolve, reject) => {
      this.permit = resolve;
      this.refuse = reject;
    });
  }

  stop(): void {
    this.stops += 1;
  }
}

let camera: FakeCamera;
let core: CaptureCore;
let events: CoreEvent[];
let cleared: number;

const worker = (): FakeWorker => FakeWorker.all.at(-1) ?? expect.fail('no worker has been started');
const ends = (): TerminalEvent[] => events.filter((event) => event.kind === 'terminal');
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  FakeWorker.all = [];
  vi.stubGlobal('Worker', FakeWorker);
  vi.stubGlobal('OffscreenCanvas', class {});
  vi.stubGlobal('isSecureContext', true);
  camera = new FakeCamera();
  events = [];
  cleared = 0;
  core = createCapture({
    assetsBase: 'https://face.example/assets',
    frameSource: camera,
    screen: { paint: () => undefined, clear: () => (cleared += 1) },
    onEvent: (event) => events.push(event),
  });
});

afterEach(() => {
  core.dispose();
  vi.unstubAllGlobals();
});

/** Starts, and lets camera and engine come. */
async function started(): Promise<(output: PageOutput) => void> {
  core.start('token');
  worker().say({ kind: 'loaded' });
  camera.permit(INFO);
  await settled();
  const start = worker().told.findLast((message) => message.kind === 'start');
  const run = start?.kind === 'start' ? start.run : -1;
  const say = (output: PageOutput): void => worker().say({ kind: 'output', run, output });
  say({ kind: 'state', state: 'connecting', sinceMs: 1, endsAtMs: 2 });
  return say;
}

const state = (state: string): PageOutput => ({ kind: 'state', state, sinceMs: 1, endsAtMs: 2 });

describe('a capture', () => {
  it('opens the camera, loads the engine, and asks the service last', async () => {
    core.start('token');
    expect(events).toMatchObject([{ kind: 'state', state: 'opening' }]);
    camera.permit(INFO);
    await settled();
    expect(events.slice(1)).toMatchObject([{ kind: 'camera', mirrorPreview: true }, { state: 'loading' }]);
    expect(worker().kinds()).not.toContain('start');
    worker().say({ kind: 'loaded' });
    await settled();
    expect(worker().told.at(-1)).toMatchObject({ kind: 'start', start: { token: 'token', camera: { label: '' } } });
  });

  it('ends once, frees the camera and gives the screen back', async () => {
    const say = await started();
    say(state('align'));
    say({ kind: 'screen', step: 0, beginsAtMs: 0, ramp: new Uint8Array(6), rampEveryMs: 4 });
    say({ kind: 'finished', resultId: 'r', digest: 'D' });
    say({ kind: 'canceled' });
    core.cancel();
    expect(ends()).toEqual([{ kind: 'terminal', result: { outcome: 'finished', resultId: 'r', digest: 'D' } }]);
    expect([camera.stops > 0, cleared, core.isRunning]).toEqual([true, 1, false]);
  });

  it('that is canceled while the person is asked for the camera is over at once', async () => {
    core.start('token');
    core.cancel();
    expect(ends()).toMatchObject([{ result: { outcome: 'canceled' } }]);
    camera.permit(INFO);
    worker().say({ kind: 'loaded' });
    await settled();
    expect(worker().kinds()).not.toContain('start');
    expect(ends()).toHaveLength(1);
  });

  it('that is canceled tells the service first, and does not wait for ever', async () => {
    await started();
    vi.useFakeTimers();
    core.cancel();
    expect(worker().kinds()).toContain('cancel');
    expect(ends()).toEqual([]);
    vi.advanceTimersByTime(1001);
    vi.useRealTimers();
    expect(ends()).toMatchObject([{ result: { outcome: 'canceled' } }]);
  });

  it('runs once at a time', async () => {
    await started();
    expect(() => core.start('other')).toThrow(expect.objectContaining({ name: 'CaptureBusyError' }));
    expect(ends()).toEqual([]);
  });

  it.each([
    [new CoreError('CameraPermissionDenied'), 'CameraPermissionDenied', 'CameraPermissionDenied'],
    [new CoreError('camera_busy'), 'camera_busy', 'CameraStartupFailure'],
    [new Error('odd'), 'engine_failed', 'Unexpected'],
  ])('whose camera fails with %s says so', async (error, code, livenessError) => {
    core.start('token');
    camera.refuse(error);
    await settled();
    expect(ends()).toMatchObject([{ result: { outcome: 'failed', code, livenessError, retryable: true } }]);
  });

  it('whose engine cannot be loaded says so, and starts anew with another worker', async () => {
    core.start('token');
    worker().say({ kind: 'loadFailed', code: 'asset_invalid', message: 'mesh.onnx comes as text/html' });
    camera.permit(INFO);
    await settled();
    expect(ends()).toMatchObject([{ result: { code: 'asset_invalid', message: 'mesh.onnx comes as text/html' } }]);
    await started();
    expect(FakeWorker.all).toHaveLength(2);
    expect(ends()).toHaveLength(1);
  });

  it('whose engine breaks says so', async () => {
    const say = await started();
    say(state('align'));
    worker().say({ kind: 'broken', message: 'the engine stopped at a.rs:1' });
    expect(ends()).toMatchObject([{ result: { outcome: 'failed', code: 'engine_failed' } }]);
    expect(worker().isTerminated).toBe(true);
  });

  it.each([
    ['align', true],
    ['hold', false],
  ])('whose camera is unplugged in %s may be started again with its token: %s', async (when, retryable) => {
    const say = await started();
    say(state(when));
    camera.sink?.ended('camera_lost');
    expect(ends()).toMatchObject([{ result: { outcome: 'failed', code: 'camera_lost', retryable } }]);
    expect(worker().kinds()).toContain('abandon');
  });

  it('gives the engine the next frame while it looks at one, no third, and only while frames are of use', async () => {
    const say = await started();
    const image = { close: vi.fn() } as unknown as ImageBitmap;
    const take = vi.fn(() => Promise.resolve({ image, capturedAtMs: 5 }));
    const frames = (): number => worker().told.filter(({ kind }) => kind === 'frame').length;
    camera.sink?.offer(5, take);
    expect(take).not.toHaveBeenCalled();
    say(state('align'));
    for (const atMs of [5, 6, 7]) camera.sink?.offer(atMs, take);
    await settled();
    expect(frames()).toBe(2);
    const last = worker().told.at(-1);
    worker().say({ kind: 'frameDone', run: last?.kind === 'frame' ? last.run : -1, tookMs: 4 });
    for (const atMs of [8, 9]) camera.sink?.offer(atMs, take);
    await settled();
    expect(frames()).toBe(3);
    expect(core.stats).toEqual({ framesSeen: 6, framesLookedAt: 1, lookedForMs: 4 });
  });

  it('stands still while the camera is taken away, also if that was told too early', async () => {
    core.start('token');
    worker().say({ kind: 'loaded' });
    camera.permit(INFO);
    await settled();
    camera.sink?.muted(true);
    const run = worker().told.findLast((message) => message.kind === 'start');
    const number = run?.kind === 'start' ? run.run : -1;
    worker().told.length = 0;
    worker().say({ kind: 'output', run: number, output: state('connecting') });
    expect(worker().told).toMatchObject([{ kind: 'pause', reason: 'cameraTaken' }]);
    camera.sink?.muted(false);
    expect(worker().told.at(-1)).toMatchObject({ kind: 'resume' });
  });

  it('goes on when what listens throws', async () => {
    const reported = vi.fn();
    vi.stubGlobal('reportError', reported);
    const loud = createCapture({
      assetsBase: '/',
      frameSource: camera,
      screen: { paint: () => undefined, clear: () => undefined },
      onEvent: () => {
        throw new Error('the page is broken');
      },
    });
    loud.start('token');
    loud.cancel();
    expect(loud.isRunning).toBe(false);
    expect(reported).toHaveBeenCalled();
  });
});
