/** Paints the colours in time with the display, and says when each step was really on it. */

import type { EngineScreen } from '../../generated/verilume.js';
import type { Rgb, ScreenColours, ScreenSurface } from './types.js';

/** The display's refresh until it has been measured. */
const USUAL_REFRESH_MS = 1000 / 60;
/** What counts as a refresh: 240 Hz to 20 Hz. A longer gap is a busy page. */
const REFRESH_MS = { least: 1000 / 240, most: 50 } as const;
/** How fast the measured refresh follows: about ten frames. */
const REFRESH_SMOOTHING = 0.1;

/** Where animation frames come from. */
export interface AnimationFrames {
  request(callback: (timeMs: number) => void): number;
  cancel(handle: number): void;
}

/** The step that is on the display, or about to be. */
interface Shown {
  step: EngineScreen;
  /** When its first colours are expected on the display. */
  expectedAtMs: number;
  isConfirmed: boolean;
}

export class ScreenPlayer {
  private readonly waiting: EngineScreen[] = [];
  private shown: Shown | undefined;
  private frame: number | undefined;
  private refreshMs = USUAL_REFRESH_MS;
  private lastFrameMs: number | undefined;

  constructor(
    private readonly surface: ScreenSurface,
    private readonly confirm: (step: number, atMs: number) => void,
    private readonly frames: AnimationFrames = {
      request: (callback) => requestAnimationFrame(callback),
      cancel: (handle) => cancelAnimationFrame(handle),
    },
  ) {}

  /** Whether colours of the check are on the screen. */
  get isOn(): boolean {
    return this.frame !== undefined;
  }

  /** Takes the next step. */
  play(step: EngineScreen): void {
    this.waiting.push(step);
    this.frame ??= this.frames.request(this.paint);
  }

  /** Gives the screen back. */
  stop(): void {
    if (this.frame === undefined) return;
    this.frames.cancel(this.frame);
    this.frame = undefined;
    this.waiting.length = 0;
    this.shown = undefined;
    this.lastFrameMs = undefined;
    this.surface.clear();
  }

  /**
   * An animation frame. What is painted in it is on the display one refresh later, which is when the next animation
   * frame begins: so that one confirms it.
   */
  private readonly paint = (nowMs: number): void => {
    this.frame = this.frames.request(this.paint);
    this.measure(nowMs);
    if (this.shown && !this.shown.isConfirmed) {
      this.shown.isConfirmed = true;
      // Animation frames can come early, displays do not.
      this.confirm(this.shown.step.step, Math.max(nowMs, this.shown.expectedAtMs));
    }
    const onDisplayMs = nowMs + this.refreshMs;
    const next = this.waiting[0];
    const isNextDue = next !== undefined && onDisplayMs >= next.beginsAtMs && this.shown?.isConfirmed !== false;
    if (isNextDue) {
      this.waiting.shift();
      this.shown = { step: next, expectedAtMs: onDisplayMs, isConfirmed: false };
    }
    if (this.shown) {
      const { step, expectedAtMs } = this.shown;
      this.surface.paint(coloursOf(step, onDisplayMs - expectedAtMs));
    }
  };

  private measure(nowMs: number): void {
    const gapMs = nowMs - (this.lastFrameMs ?? nowMs);
    this.lastFrameMs = nowMs;
    if (gapMs >= REFRESH_MS.least && gapMs <= REFRESH_MS.most) {
      this.refreshMs += (gapMs - this.refreshMs) * REFRESH_SMOOTHING;
    }
  }
}

const COLOURS_BYTES = 6;

function coloursOf(step: EngineScreen, elapsedMs: number): ScreenColours {
  const last = Math.floor(step.ramp.length / COLOURS_BYTES) - 1;
  const index = Math.min(Math.max(Math.floor(elapsedMs / step.rampEveryMs), 0), last);
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = step.ramp.subarray(index * COLOURS_BYTES);
  return { top: [a, b, c] satisfies Rgb, bottom: [d, e, f] satisfies Rgb };
}
