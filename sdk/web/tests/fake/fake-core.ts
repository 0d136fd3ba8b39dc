/** A core that does what a test tells it. Keeps the contract: exactly one terminal event per start, the last one. */

import type {
  CameraChoice,
  CaptureCore,
  CaptureResult,
  CoreEvent,
  CoreState,
  PauseReason,
  WantedProfile,
} from '../../src/core/types.js';

export class FakeCore implements CaptureCore {
  isRunning = false;
  isDisposed = false;
  /** Whether the camera is on, as far as this core has one. */
  hasCamera = false;
  profile: WantedProfile | undefined;
  readonly stats = { framesSeen: 0, framesLookedAt: 0, lookedForMs: 0 };
  readonly calls: string[] = [];
  cameraChoices: CameraChoice[] = [{ deviceId: 'front', label: 'Front', facing: 'user' }];

  constructor(
    private readonly onEvent: (event: CoreEvent) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  async preload(): Promise<void> {
    this.calls.push('preload');
  }

  start(token: string): void {
    if (this.isRunning) throw Object.assign(new Error('a capture is running'), { name: 'CaptureBusyError' });
    this.calls.push(`start ${token}`);
    this.isRunning = true;
    this.enter('opening', 60_000);
  }

  cancel(): void {
    this.calls.push('cancel');
    this.end({ outcome: 'canceled' });
  }

  retry(profile?: WantedProfile): void {
    this.calls.push('retry');
    this.profile = profile;
  }

  moreTime(): void {
    this.calls.push('moreTime');
  }

  pause(reason: PauseReason): void {
    this.calls.push(`pause ${reason}`);
  }

  resume(): void {
    this.calls.push('resume');
  }

  setWantedProfile(profile: WantedProfile | undefined): void {
    this.profile = profile;
  }

  async cameras(): Promise<CameraChoice[]> {
    return this.cameraChoices;
  }

  async switchCamera(): Promise<void> {
    this.calls.push('switchCamera');
  }

  dispose(): void {
    if (this.isRunning) this.end({ outcome: 'canceled' });
    this.isDisposed = true;
  }

  /** Tells an event of a running capture. */
  tell(event: Exclude<CoreEvent, { kind: 'terminal' }>): void {
    if (!this.isRunning) return;
    if (event.kind === 'camera') this.hasCamera = true;
    this.onEvent(event);
  }

  enter(state: CoreState, forMs?: number): void {
    const sinceMs = this.now();
    this.tell({ kind: 'state', state, sinceMs, ...(forMs !== undefined && { endsAtMs: sinceMs + forMs }) });
  }

  end(result: CaptureResult): void {
    if (!this.isRunning) return;
    this.enter('done');
    this.isRunning = false;
    this.hasCamera = false;
    this.onEvent({ kind: 'terminal', result });
  }
}
