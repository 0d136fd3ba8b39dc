/** The headless capture: camera, worker and screen around the engine, and exactly one terminal event per start. */

import { CameraSource, isVirtualCameraName, listCameras } from './camera.js';
import { deviceClaims, isCameraAccessReplaced, missingAbilities } from './device.js';
import { EngineHost } from './engine-host.js';
import type { ErrorCode } from './error-codes.js';
import { CoreError, failureFrom, failureOf } from './failure.js';
import type { FromWorker, PageOutput, ToWorker } from './messages.js';
import { ScreenPlayer } from './screen.js';
import { Stopwatch } from './stopwatch.js';
import type {
  CameraChoice,
  CaptureCore,
  CaptureFailure,
  CaptureOptions,
  CaptureResult,
  CaptureStats,
  CoreEvent,
  CoreState,
  FrameSink,
  FrameSource,
  FrameSourceInfo,
  HintCode,
  PauseReason,
  WantedProfile,
} from './types.js';
import { VERSION } from './version.js';

/** The person has this long to allow the camera. Experience. */
const PERMISSION_WITHIN_MS = 60_000;
/** The engine has this long, however slowly it comes. Origin: 3 MB at 200 kbit/s. */
const LOAD_WITHIN_MS = 150_000;
/** A way to the service is open by then, or there is none. Origin: a WebSocket and then a request. */
const CONNECT_WITHIN_MS = 36_000;
/** An engine that does not answer for this long has stopped. Origin: a hundred frames of a slow device. */
const ENGINE_SILENT_MS = 10_000;
/**
 * Frames that are with the engine at once: it looks at one, and the next one waits for it. With one alone, a device that needs a little
 * longer than the camera's interval would look at every second frame, and wait in between.
 */
const MOST_IN_FLIGHT = 2;
/** What is canceled is over by then, whatever the engine does. */
const CANCEL_WITHIN_MS = 1000;
/** A worker that is no longer needed may still send this long. */
const LAST_WORDS_MS = 500;

/** Makes a headless capture. */
export function createCapture(options: CaptureOptions): CaptureCore {
  return new Capture(options);
}

/** `start` was called while a capture runs. */
class BusyError extends Error {
  override readonly name = 'CaptureBusyError';

  constructor() {
    super('A capture is already running: cancel it first, or wait for its terminal event.');
  }
}

/** A capture between its start and its terminal event. */
interface Run {
  readonly number: number;
  readonly token: string;
  readonly watch: Stopwatch;
  state: CoreState;
  camera: FrameSourceInfo | undefined;
  /** Whether an attempt has begun: the token opens no other stream after that. */
  hasBegun: boolean;
  /** When each of the frames that are with the engine was given to it, the oldest first. */
  inFlightSinceMs: number[];
  isPausedBy: PauseReason | undefined;
  stats: CaptureStats;
  timer: ReturnType<typeof setTimeout> | undefined;
}

class Capture implements CaptureCore {
  private readonly engine: EngineHost;
  private readonly screen: ScreenPlayer;
  private readonly source: FrameSource;
  private run: Run | undefined;
  private runs = 0;
  private lastStats: CaptureStats = { framesSeen: 0, framesLookedAt: 0, lookedForMs: 0 };
  private profile: WantedProfile | undefined;
  private cameraId: string | undefined;
  private isDisposed = false;

  constructor(private readonly options: CaptureOptions) {
    this.profile = options.wantedProfile;
    this.cameraId = options.cameraId;
    this.engine = new EngineHost(options.assetsBase, (message) => this.hear(message));
    this.screen = new ScreenPlayer(options.screen, (step, atMs) =>
      this.tellEngine((run) => ({ kind: 'shown', run, step, atMs })),
    );
    this.source = options.frameSource ?? new CameraSource(options.video, (info) => this.newCamera(info));
  }

  get isRunning(): boolean {
    return this.run !== undefined;
  }

  get stats(): CaptureStats {
    return { ...(this.run?.stats ?? this.lastStats) };
  }

  async preload(): Promise<void> {
    if (this.isDisposed || missingAbilities(!this.options.frameSource).length > 0) return;
    await this.engine.load().catch(() => undefined);
  }

  start(token: string): void {
    if (this.run || this.isDisposed) throw new BusyError();
    this.runs += 1;
    const run: Run = {
      number: this.runs,
      token,
      watch: new Stopwatch(),
      state: 'opening',
      camera: undefined,
      hasBegun: false,
      inFlightSinceMs: [],
      isPausedBy: undefined,
      stats: { framesSeen: 0, framesLookedAt: 0, lookedForMs: 0 },
      timer: undefined,
    };
    this.run = run;
    document.addEventListener('visibilitychange', this.visibility);
    this.prepare(run).catch((error: unknown) => this.fail(run, failureFrom(error)));
  }

  cancel(): void {
    const { run } = this;
    if (!run) return;
    const isWithEngine = run.state !== 'opening' && run.state !== 'loading' && run.timer === undefined;
    if (!isWithEngine) return this.finish(run, { outcome: 'canceled' });
    // The service still hears of it; camera and screen go off at once.
    this.source.stop();
    this.screenOff();
    this.tellEngine((number) => ({ kind: 'cancel', run: number }));
    run.timer = setTimeout(() => this.finish(run, { outcome: 'canceled' }), CANCEL_WITHIN_MS);
  }

  retry(profile?: WantedProfile): void {
    this.tellEngine((run) => ({ kind: 'retry', run, profile }));
  }

  moreTime(): void {
    this.tellEngine((run) => ({ kind: 'moreTime', run }));
  }

  pause(reason: PauseReason): void {
    if (!this.run || this.run.isPausedBy) return;
    this.run.isPausedBy = reason;
    this.tellEngine((run) => ({ kind: 'pause', run, reason }));
  }

  resume(): void {
    if (!this.run?.isPausedBy) return;
    this.run.isPausedBy = undefined;
    this.tellEngine((run) => ({ kind: 'resume', run }));
  }

  setWantedProfile(profile: WantedProfile | undefined): void {
    this.profile = profile;
  }

  cameras(): Promise<CameraChoice[]> {
    return listCameras();
  }

  async switchCamera(deviceId?: string): Promise<void> {
    const wanted = deviceId ?? (await this.nextCamera());
    if (wanted === undefined) return;
    this.cameraId = wanted;
    const { run } = this;
    if (!run?.camera) return;
    try {
      const info = await this.source.start(this.sink(run), wanted);
      if (this.run === run) this.newCamera(info);
    } catch (error) {
      this.fail(run, failureFrom(error));
    }
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    const { run } = this;
    if (run) {
      this.tellEngine((number) => ({ kind: 'cancel', run: number }));
      this.finish(run, { outcome: 'canceled' });
    }
    this.source.stop();
    // The service hears of it first.
    setTimeout(() => this.engine.dispose(), run ? LAST_WORDS_MS : 0);
  }

  /** Camera and engine, side by side; then the service. */
  private async prepare(run: Run): Promise<void> {
    const isCurrent = (): boolean => this.run === run;
    const missing = missingAbilities(!this.options.frameSource);
    if (missing.length > 0) throw new CoreError('browser_unsupported', `The browser lacks ${missing.join(', ')}.`);
    this.enter(run, 'opening', PERMISSION_WITHIN_MS);
    const loaded = this.engine.load();
    // Told below; until then a failure of it waits.
    loaded.catch(() => undefined);
    const info = await within(this.source.start(this.sink(run), this.cameraId), PERMISSION_WITHIN_MS, 'TimedOut');
    if (!isCurrent()) return;
    run.watch.lap('permissionMs', info.permittedAtMs);
    run.watch.lap('firstFrameMs');
    this.newCamera(info);
    if (!this.engine.isLoaded) this.enter(run, 'loading', LOAD_WITHIN_MS);
    await within(loaded, LOAD_WITHIN_MS, 'asset_unreachable');
    if (!isCurrent()) return;
    run.watch.lap('engineMs');
    this.enter(run, 'connecting', CONNECT_WITHIN_MS);
    run.timer = setTimeout(() => this.fail(run, failureOf('connection_lost')), CONNECT_WITHIN_MS);
    this.engine.tell(this.startMessage(run, info));
    this.watchEngine(run);
    this.visibility();
  }

  private startMessage(run: Run, info: FrameSourceInfo): ToWorker {
    const { options } = this;
    const riskHints: ('virtualCameraName' | 'cameraLacksControls' | 'hooked')[] = [];
    if (isVirtualCameraName(info.label)) riskHints.push('virtualCameraName');
    if (info.lacksControls) riskHints.push('cameraLacksControls');
    if (isCameraAccessReplaced()) riskHints.push('hooked');
    return {
      kind: 'start',
      run: run.number,
      endpoint: options.endpoint?.toString(),
      lowBandwidth: options.lowBandwidth ?? false,
      start: {
        token: run.token,
        device: deviceClaims(VERSION),
        camera: {
          // A name is often a person's, and the service keeps none.
          label: '',
          facing: info.facing,
          sizePx: [info.width, info.height],
          framesPerSecond: info.framesPerSecond,
          isExposureLocked: false,
          isWhiteBalanceLocked: false,
        },
        wantedProfile: this.profile ?? '',
        riskHints,
        deviceCorrelationId: options.deviceCorrelationId ?? '',
        userCorrelationId: options.userCorrelationId ?? '',
      },
    };
  }

  private sink(run: Run): FrameSink {
    return {
      offer: (_capturedAtMs, take) => {
        if (this.run !== run) return;
        run.stats.framesSeen += 1;
        if (run.inFlightSinceMs.length >= MOST_IN_FLIGHT || !LOOKED_AT.has(run.state)) return;
        run.inFlightSinceMs.push(performance.now());
        void take().then((frame) => {
          if (!frame || this.run !== run) {
            frame?.image.close();
            run.inFlightSinceMs.pop();
            return;
          }
          this.engine.tell({ kind: 'frame', run: run.number, ...frame }, [frame.image]);
        });
      },
      muted: (isMuted) => {
        if (this.run !== run) return;
        if (isMuted) this.pause('cameraTaken');
        else if (run.isPausedBy === 'cameraTaken') this.resume();
      },
      ended: (code) => this.fail(run, failureOf(code)),
    };
  }

  private newCamera(info: FrameSourceInfo): void {
    const { run } = this;
    if (!run) return;
    run.camera = info;
    this.tellEngine((number) => ({ kind: 'forgetFaces', run: number }));
    const { stream, deviceId, label, facing, width, height, framesPerSecond } = info;
    const mirrorPreview = facing !== 'environment';
    this.emit({ kind: 'camera', stream, deviceId, label, facing, width, height, framesPerSecond, mirrorPreview });
  }

  private async nextCamera(): Promise<string | undefined> {
    const cameras = await listCameras();
    const current = cameras.findIndex((camera) => camera.deviceId === (this.run?.camera?.deviceId ?? this.cameraId));
    return cameras.length > 1 ? cameras[(current + 1) % cameras.length]?.deviceId : undefined;
  }

  /** Ends a run whose engine answers no more. */
  private watchEngine(run: Run): void {
    const look = setInterval(() => {
      if (this.run !== run) return clearInterval(look);
      const [oldestMs] = run.inFlightSinceMs;
      const isSilent = oldestMs !== undefined && performance.now() - oldestMs > ENGINE_SILENT_MS;
      if (!isSilent || document.visibilityState !== 'visible') return;
      this.engine.dispose();
      this.fail(run, failureOf('engine_failed'));
    }, 1000);
  }

  private hear(message: FromWorker): void {
    const { run } = this;
    if (message.kind === 'progress') return this.emit(message);
    if (!run) return;
    if (message.kind === 'broken') {
      return this.fail(run, failureOf('engine_failed', { message: `The engine failed: ${message.message}` }));
    }
    if (!('run' in message) || message.run !== run.number) return;
    switch (message.kind) {
      case 'frameDone':
        run.inFlightSinceMs.shift();
        run.stats.framesLookedAt += 1;
        run.stats.lookedForMs += message.tookMs;
        return;
      case 'output':
        return this.follow(run, message.output);
      case 'failed':
        return this.fail(run, failureOf(message.code, message));
    }
  }

  /** Does what the engine wants done. */
  private follow(run: Run, output: PageOutput): void {
    switch (output.kind) {
      case 'state':
        return this.enterTold(run, output);
      case 'hint':
        this.tellTimes(run);
        return this.emit({
          kind: 'hint',
          code: output.code as HintCode,
          urgency: output.urgency,
          sinceMs: output.sinceMs,
          ...(output.towards ? { towards: output.towards } : {}),
        });
      case 'screen': {
        const isOn = this.screen.isOn;
        this.screen.play(output);
        return isOn ? undefined : this.emit({ kind: 'screen', isOn: true });
      }
      case 'screenOff':
        return this.screenOff();
      case 'tryAgain':
        return this.emit({
          kind: 'tryAgain',
          attemptsLeft: output.attemptsLeft,
          ...(output.hint ? { hint: output.hint as ErrorCode } : {}),
        });
      case 'finished':
        return this.finish(run, { outcome: 'finished', resultId: output.resultId, digest: output.digest });
      case 'canceled':
        return this.finish(run, { outcome: 'canceled' });
      case 'failed':
        return this.fail(run, failureOf(output.code, output));
    }
  }

  private enterTold(run: Run, told: Extract<PageOutput, { kind: 'state' }>): void {
    const state = told.state as CoreState;
    if (state === 'align') run.watch.lap('planMs');
    if (state === 'hold') run.hasBegun = true;
    if (run.state === 'connecting') {
      clearTimeout(run.timer);
      run.timer = undefined;
    }
    run.state = state;
    // What was told while nothing could be paused still holds.
    const reason = PAUSABLE.has(state) ? run.isPausedBy : undefined;
    if (reason) this.tellEngine((number) => ({ kind: 'pause', run: number, reason }));
    const endsAtMs = told.endsAtMs === undefined ? {} : { endsAtMs: told.endsAtMs };
    this.emit({ kind: 'state', state, sinceMs: told.sinceMs, ...endsAtMs });
  }

  private enter(run: Run, state: CoreState, withinMs: number): void {
    const sinceMs = performance.now();
    run.state = state;
    this.emit({ kind: 'state', state, sinceMs, endsAtMs: sinceMs + withinMs });
  }

  private tellTimes(run: Run): void {
    if (!run.watch.lap('readyMs')) return;
    const { permissionMs, firstFrameMs, engineMs, planMs, readyMs } = run.watch.laps;
    this.emit({ kind: 'timing', permissionMs, firstFrameMs, engineMs, planMs, readyMs });
  }

  private screenOff(): void {
    if (!this.screen.isOn) return;
    this.screen.stop();
    this.emit({ kind: 'screen', isOn: false });
  }

  private fail(run: Run, failure: CaptureFailure): void {
    // A stream that has begun an attempt cannot be opened again with its token.
    const retryable = failure.retryable && !run.hasBegun;
    this.finish(run, { outcome: 'failed', ...failure, retryable });
  }

  private finish(run: Run, result: CaptureResult): void {
    if (this.run !== run) return;
    this.tellEngine((number) => ({ kind: 'abandon', run: number }));
    this.run = undefined;
    this.lastStats = run.stats;
    clearTimeout(run.timer);
    document.removeEventListener('visibilitychange', this.visibility);
    this.source.stop();
    this.screenOff();
    if (run.state !== 'done') this.emit({ kind: 'state', state: 'done', sinceMs: performance.now() });
    this.emit({ kind: 'terminal', result });
  }

  private readonly visibility = (): void => {
    if (document.visibilityState === 'hidden') this.pause('hidden');
    else if (this.run?.isPausedBy === 'hidden') this.resume();
  };

  private tellEngine(message: (run: number) => ToWorker): void {
    if (this.run) this.engine.tell(message(this.run.number));
  }

  private emit(event: CoreEvent): void {
    try {
      this.options.onEvent(event);
    } catch (error) {
      reportError(error);
    }
  }
}

/** States in which a pause has a meaning. */
const PAUSABLE: ReadonlySet<CoreState> = new Set(['connecting', 'align', 'hold', 'flash', 'tail', 'replanning']);
/** States in which frames are of use. */
const LOOKED_AT: ReadonlySet<CoreState> = new Set(['align', 'hold', 'flash', 'tail']);

/** The promise, or an error with this code if it takes too long. */
async function within<T>(promise: Promise<T>, ms: number, code: 'TimedOut' | 'asset_unreachable'): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CoreError(code)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
