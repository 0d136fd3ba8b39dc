/** What page and worker say to each other. Times are milliseconds on the page's `performance.now()`. */

import type { EngineOutput, EngineStart } from '../../generated/verilume.js';
import type { ErrorCode } from './error-codes.js';
import type { PauseReason, WantedProfile } from './types.js';

/** The page to the worker. `run` numbers the starts: what belongs to an earlier one is passed over. */
export type ToWorker =
  | { kind: 'load'; assetsBase: string; pageTimeOriginMs: number }
  | { kind: 'start'; run: number; start: EngineStart; lowBandwidth: boolean; endpoint: string | undefined }
  | { kind: 'frame'; run: number; image: ImageBitmap | VideoFrame; capturedAtMs: number }
  | { kind: 'shown'; run: number; step: number; atMs: number }
  | { kind: 'pause'; run: number; reason: PauseReason }
  | { kind: 'retry'; run: number; profile: WantedProfile | undefined }
  | { kind: 'moreTime' | 'resume' | 'cancel' | 'abandon' | 'forgetFaces'; run: number };

/** What the engine wants done, apart from what the worker does itself. */
export type PageOutput = Exclude<EngineOutput, { kind: 'send' }>;

/** The worker to the page. */
export type FromWorker =
  | { kind: 'progress'; loadedBytes: number; totalBytes: number }
  | { kind: 'loaded' }
  | { kind: 'loadFailed'; code: ErrorCode; message: string }
  | { kind: 'output'; run: number; output: PageOutput }
  /** A frame has been looked at; another one can come. */
  | { kind: 'frameDone'; run: number; tookMs: number }
  | {
      kind: 'failed';
      run: number;
      code: string;
      message?: string;
      retryable?: boolean;
      retryAfterMs?: number | undefined;
    }
  /** The engine cannot be used any more: the page ends this worker. */
  | { kind: 'broken'; message: string };
