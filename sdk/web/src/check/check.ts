/**
 * One check after another, each from its start to exactly one outcome. Knows the table of states and the core; knows
 * nothing of elements, so it runs in any test.
 */

import type {
  CameraEvent,
  CaptureCore,
  CaptureFailure,
  CaptureStats,
  CoreEvent,
  HintEvent,
  ProgressEvent,
  TimingEvent,
  WantedProfile,
} from '../core/types.js';
import type { ErrorCode } from '../core/error-codes.js';
import type { Support } from '../probe.js';
import {
  type CanceledBy,
  type Failure,
  LivenessBusyError,
  type Outcome,
  failureOf,
  ownFailure,
  signalOf,
} from './outcome.js';
import { type CheckState, GIVES_MORE_TIME, type Signal, STATES, WATCHDOG_GRACE_MS, next } from './states.js';

/** The light that a person chooses before the camera opens. */
export type Light = 'standard' | 'calm' | 'soft' | 'none';

/** What a check needs of the world. */
export interface CheckWorld {
  /** Makes a core that tells its events to `onEvent`. */
  createCore(onEvent: (event: CoreEvent) => void): CaptureCore;
  /** What the browser lacks. */
  probe(): Support;
  /** Milliseconds on the clock of the core's events. */
  now(): number;
  /** Calls once after a time; gives what calls it off. */
  after(ms: number, call: () => void): () => void;
  /** Something that the person sees has changed. */
  changed(): void;
  /** The state has changed. */
  entered(state: CheckState, previous: CheckState): void;
  /** The core has told something else. */
  told(event: CoreEvent): void;
  /** The start is over. */
  ended(outcome: Outcome): void;
}

/** What a start is made with. */
export interface StartOptions {
  readonly token: string;
  /** Whether the start screen is shown. */
  readonly hasIntro: boolean;
  readonly light: Light;
}

/** An attempt that may be repeated. */
export interface Retry {
  readonly hint: ErrorCode | undefined;
  readonly attemptsLeft: number;
}

/** What is shown besides the state. */
export interface CheckModel {
  light: Light;
  hint: HintEvent | undefined;
  camera: CameraEvent | undefined;
  progress: ProgressEvent | undefined;
  timing: TimingEvent | undefined;
  retry: Retry | undefined;
  failure: Failure | undefined;
  missing: Support['missing'];
  /** When the state ends by itself, on the clock of the events. */
  endsAtMs: number | undefined;
  /** Whether the service has refused a check without flashes in this start. */
  isLightRefused: boolean;
}

const freshModel = (light: Light): CheckModel => ({
  light,
  hint: undefined,
  camera: undefined,
  progress: undefined,
  timing: undefined,
  retry: undefined,
  failure: undefined,
  missing: [],
  endsAtMs: undefined,
  isLightRefused: false,
});

/** The checks of one element. */
export class Check {
  #state: CheckState = 'idle';
  #model = freshModel('standard');
  #core: CaptureCore | undefined;
  #token = '';
  #stopWatchdog: (() => void) | undefined;
  /** Whether the state is over but its outcome is not yet told: whoever hears of the state cannot start within that. */
  #isEnding = false;

  constructor(private readonly world: CheckWorld) {}

  get state(): CheckState {
    return this.#state;
  }

  get model(): Readonly<CheckModel> {
    return this.#model;
  }

  /** Whether a start has not had its outcome. */
  get isRunning(): boolean {
    return this.#isEnding || STATES[this.#state].isRunning;
  }

  /** Begins a check, or throws {@link LivenessBusyError} and leaves the running one alone. */
  start(options: StartOptions): void {
    if (this.isRunning) throw new LivenessBusyError();
    this.#token = options.token;
    this.#model = freshModel(options.light);
    this.#signal('start');
    const { ok, missing } = this.world.probe();
    if (!ok) {
      this.#model.missing = missing;
      this.#fail('unsupported', unsupported(missing));
    } else if (options.hasIntro) {
      this.#signal('supported');
      void this.#coreOfNow().preload();
    } else {
      this.begin();
    }
  }

  /** The person is ready: opens the camera. */
  begin(): void {
    if (this.#signal('begin')) this.#startCore();
  }

  /** Another try: of the attempt, or of the start after a failure that allows one. */
  again(light?: Light): void {
    if (light !== undefined) this.choose(light);
    if (this.#state === 'retry') this.#core?.retry(profileOf(this.#model.light));
    else if (this.#signal('again')) this.#startCore();
  }

  /** The light that the person wants. */
  choose(light: Light): void {
    this.#model.light = light;
    this.world.changed();
  }

  /** Ends the check. */
  cancel(by: CanceledBy): void {
    if (!this.isRunning) return;
    const { failure } = this.#model;
    if (failure !== undefined) this.#fail('cancel', failure);
    else this.#end('cancel', { kind: 'cancel', by });
  }

  moreTime(): void {
    if (GIVES_MORE_TIME.has(this.#state)) this.#core?.moreTime();
  }

  pause(): void {
    if (this.isRunning) this.#core?.pause('user');
  }

  resume(): void {
    if (this.#state === 'interrupted') this.#core?.resume();
  }

  async switchCamera(deviceId?: string): Promise<void> {
    await this.#core?.switchCamera(deviceId);
  }

  /** What the core did in the check that runs, or in the last one. */
  get stats(): CaptureStats | undefined {
    return this.#core?.stats;
  }

  async cameraCount(): Promise<number> {
    return (await this.#core?.cameras())?.length ?? 0;
  }

  /** Ends what runs and lets go of the camera and the memory. */
  dispose(by: CanceledBy): void {
    this.cancel(by);
    this.#dropCore();
  }

  #coreOfNow(): CaptureCore {
    // One that has not let go of the last capture is of no use for the next.
    if (this.#core?.isRunning) this.#dropCore();
    this.#core ??= this.#newCore();
    return this.#core;
  }

  #newCore(): CaptureCore {
    const core: CaptureCore = this.world.createCore((event) => {
      if (core === this.#core) this.#hear(event);
    });
    return core;
  }

  #dropCore(): void {
    const core = this.#core;
    this.#core = undefined;
    core?.dispose();
  }

  #startCore(): void {
    this.#model.failure = undefined;
    this.#model.hint = undefined;
    try {
      const core = this.#coreOfNow();
      core.setWantedProfile(profileOf(this.#model.light));
      core.start(this.#token);
    } catch (error) {
      this.#dropCore();
      this.#fail('final-failure', unexpected(error instanceof Error ? error.message : 'the core does not start'));
    }
  }

  #hear(event: CoreEvent): void {
    if (!STATES[this.#state].mayUseCamera) return;
    const model = this.#model;
    switch (event.kind) {
      case 'state':
        model.endsAtMs = event.endsAtMs;
        if (event.state !== 'done') this.#signal(event.state);
        break;
      case 'hint':
        model.hint = event;
        break;
      case 'camera':
        model.camera = event;
        break;
      case 'progress':
        model.progress = event;
        // The core ends a load in which nothing comes any more; one that takes its time goes on.
        this.#watch();
        break;
      case 'timing':
        model.timing = event;
        break;
      case 'tryAgain':
        model.retry = { hint: event.hint, attemptsLeft: event.attemptsLeft };
        // Too few frames of the face: slower changes leave a slow device, and a restless person, more of them.
        if (event.hint === 'FaceTrackingFailed' && model.light === 'standard') model.light = 'calm';
        break;
      case 'screen':
        break;
      case 'terminal':
        this.#hearEnd(event.result);
        return;
    }
    this.world.told(event);
    this.world.changed();
  }

  #hearEnd(result: Parameters<typeof signalOf>[0]): void {
    const signal = signalOf(result);
    if (result.outcome === 'finished') {
      this.#end(signal, { kind: 'complete', resultId: result.resultId, digest: result.digest });
    } else if (result.outcome === 'canceled') {
      this.#end(signal, { kind: 'cancel', by: 'page' });
    } else if (signal === 'light-refused') {
      Object.assign(this.#model, { isLightRefused: true, light: 'calm' satisfies Light });
      this.#signal(signal);
    } else if (signal === 'denied' || signal === 'retryable-failure') {
      this.#model.failure = failureOf(result satisfies CaptureFailure);
      this.#signal(signal);
    } else {
      this.#fail(signal, failureOf(result));
    }
  }

  #fail(signal: Signal, failure: Failure): void {
    this.#model.failure = failure;
    this.#end(signal, { kind: 'error', failure });
  }

  /** Leaves for a state in which the start is over, stops the core, and tells the outcome: the only place that does. */
  #end(signal: Signal, outcome: Outcome): void {
    if (!this.isRunning || this.#isEnding) return;
    this.#isEnding = true;
    const isOver = this.#signal(signal);
    if (isOver) this.#letGo();
    this.#isEnding = false;
    if (isOver) this.world.ended(outcome);
  }

  #letGo(): void {
    if (this.#core?.isRunning) this.#core.cancel();
    this.#model.camera = undefined;
    this.#model.hint = undefined;
    this.#token = '';
  }

  /** Takes a way of the table. Whether there was one. */
  #signal(signal: Signal): boolean {
    const previous = this.#state;
    const state = next(previous, signal);
    if (state === undefined) return false;
    this.#state = state;
    this.#watch();
    if (state !== previous) {
      if (state !== 'align' && state !== 'hold') this.#model.hint = undefined;
      this.world.entered(state, previous);
    }
    this.world.changed();
    return true;
  }

  /** Arms the watchdog for the state, or calls it off. */
  #watch(): void {
    this.#stopWatchdog?.();
    this.#stopWatchdog = undefined;
    const { capMs, mayUseCamera } = STATES[this.#state];
    if (capMs === null) return;
    const left = mayUseCamera ? (this.#model.endsAtMs ?? 0) - this.world.now() : 0;
    const grace = mayUseCamera ? WATCHDOG_GRACE_MS : 0;
    this.#stopWatchdog = this.world.after(Math.max(capMs, left) + grace, () => this.#expire());
  }

  #expire(): void {
    if (STATES[this.#state].mayUseCamera) this.#dropCore();
    this.#fail('expired', unexpected(`nothing has come for too long (${this.#state})`));
  }
}

function profileOf(light: Light): WantedProfile | undefined {
  // The service knows best what its standard is.
  return light === 'standard' ? undefined : light;
}

function unexpected(message: string): Failure {
  return ownFailure('Unexpected', message);
}

function unsupported(missing: Support['missing']): Failure {
  return ownFailure('browser_unsupported', `This browser lacks: ${missing.join(', ')}.`);
}
