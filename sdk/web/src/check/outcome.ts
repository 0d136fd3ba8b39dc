/** How a start ends, as the page is told. */

import type { CaptureFailure, CaptureResult } from '../core/types.js';
import type { Signal } from './states.js';
import { ERROR_CODES, type ErrorCode, type LivenessError, type UserAction } from '../core/error-codes.js';

/** Who ended a check that was not finished. */
export type CanceledBy = 'person' | 'page' | 'removal';

/** What `start` resolves to. Never a verdict: only the app's own server learns what was decided. */
export interface LivenessResult {
  /** Identifies the result to the app's own server. */
  readonly resultId: string;
  /** The transcript's digest. The same digest in the session's result shows that nothing came in between. */
  readonly digest: string;
}

/** How a start ended. Exactly one per start. */
export type Outcome =
  | ({ readonly kind: 'complete' } & LivenessResult)
  | { readonly kind: 'cancel'; readonly by: CanceledBy }
  | { readonly kind: 'error'; readonly failure: Failure };

/** Why a check could not be finished. */
export interface Failure {
  /** The code of the table of error codes. */
  readonly code: string;
  /** What Azure's client libraries report for it. */
  readonly livenessError: LivenessError;
  /** What helps. */
  readonly userAction: UserAction;
  /** Whether another start with the same token may work. */
  readonly retryable: boolean;
  /** When to try again, milliseconds; absent if the service did not say. */
  readonly retryAfterMs?: number;
  /** One sentence for developers. Holds nothing about the person. */
  readonly message: string;
}

/** What `start` rejects with. */
export class LivenessFailure extends Error implements Failure {
  override readonly name = 'LivenessFailure';
  readonly code: string;
  readonly livenessError: LivenessError;
  readonly userAction: UserAction;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;

  constructor(failure: Failure) {
    super(failure.message);
    this.code = failure.code;
    this.livenessError = failure.livenessError;
    this.userAction = failure.userAction;
    this.retryable = failure.retryable;
    if (failure.retryAfterMs !== undefined) this.retryAfterMs = failure.retryAfterMs;
  }
}

/** `start` was called while a check runs. That one goes on; no event tells of the refused one. */
export class LivenessBusyError extends Error {
  override readonly name = 'LivenessBusyError';
  readonly code = 'already_running';

  constructor() {
    super('A check is running in this element; await its end, or call cancel() first.');
  }
}

/** A failure that the element finds itself. */
export function ownFailure(code: ErrorCode, message: string): Failure {
  const { livenessError, userAction, retryable } = ERROR_CODES[code];
  return { code, livenessError, userAction, retryable, message };
}

/** The failure of a core that has ended with one. */
export function failureOf({ code, livenessError, userAction, retryable, retryAfterMs, message }: CaptureFailure): Failure {
  const failure: Failure = { code, livenessError, userAction, retryable, message };
  return retryAfterMs === undefined ? failure : { ...failure, retryAfterMs };
}

/**
 * From this wait on, a person is told when to come back instead of being offered another try. Origin: by reasoning, what
 * a person waits for before a screen.
 */
const WAIT_FROM_MS = 30_000;

/** What a service says that does no checks without flashes. */
export const LIGHT_REFUSED: ErrorCode = 'flashes_required';

/** What a core's end means for the table of states. */
export function signalOf(
  result: CaptureResult,
): Extract<Signal, 'finished' | 'cancel' | 'denied' | 'wait' | 'light-refused' | 'retryable-failure' | 'final-failure'> {
  if (result.outcome === 'finished') return 'finished';
  if (result.outcome === 'canceled') return 'cancel';
  if (result.livenessError === 'CameraPermissionDenied') return 'denied';
  if (result.code === LIGHT_REFUSED && result.retryable) return 'light-refused';
  if ((result.retryAfterMs ?? 0) >= WAIT_FROM_MS) return 'wait';
  return result.retryable ? 'retryable-failure' : 'final-failure';
}
