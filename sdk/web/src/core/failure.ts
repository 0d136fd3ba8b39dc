import { ERROR_CODES, type ErrorCode, type ErrorEntry } from './error-codes.js';
import type { CaptureFailure } from './types.js';

/** Ends a capture with a code of the table. */
export class CoreError extends Error {
  override readonly name = 'CoreError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message?: string, options?: ErrorOptions) {
    super(message ?? ERROR_CODES[code].message, options);
    this.code = code;
  }
}

/** What else is known of a failure. */
export interface FailureDetails {
  message?: string;
  retryable?: boolean;
  retryAfterMs?: number | undefined;
}

/** The failure of a code; of one that this version does not know, what can be said of it. */
export function failureOf(code: string, details: FailureDetails = {}): CaptureFailure {
  const known: ErrorEntry | undefined = isErrorCode(code) ? ERROR_CODES[code] : undefined;
  const failure: CaptureFailure = {
    code,
    livenessError: known?.livenessError ?? 'UnexpectedServerError',
    userAction: known?.userAction ?? 'start_new_session',
    retryable: details.retryable ?? known?.retryable ?? false,
    message: details.message ?? known?.message ?? `The service ended the check with the code ${code}.`,
  };
  if (details.retryAfterMs !== undefined) failure.retryAfterMs = details.retryAfterMs;
  return failure;
}

/** The failure that an error stands for. */
export function failureFrom(error: unknown): CaptureFailure {
  if (error instanceof CoreError) return failureOf(error.code, { message: error.message });
  const message = error instanceof Error ? error.message : String(error);
  return failureOf('engine_failed', { message: `The engine of the client library failed: ${message}` });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
