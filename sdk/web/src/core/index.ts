/** The headless core: a capture without an interface. */

export { createCapture } from './capture.js';
export { ERROR_CODES } from './error-codes.js';
export type { ErrorCode, ErrorEntry, LivenessError, RecognitionError, UserAction } from './error-codes.js';
export { CoreError, failureFrom, failureOf } from './failure.js';
export * from './types.js';
