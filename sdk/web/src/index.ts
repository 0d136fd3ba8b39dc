/**
 * Face liveness for the web: defines `<verilume-liveness>` and, for pages written for Azure's element,
 * `<azure-ai-vision-face-ui>`. Can be imported on a server, where it does nothing.
 */

import { FaceLivenessDetector } from './element/azure.js';
import { VerilumeLiveness } from './element/verilume-liveness.js';

export type { Light, Retry } from './check/check.js';
export {
  type CanceledBy,
  type Failure,
  LivenessBusyError,
  LivenessFailure,
  type LivenessResult,
} from './check/outcome.js';
export type { CheckState } from './check/states.js';
export type { ErrorCode, LivenessError, RecognitionError, UserAction } from './core/error-codes.js';
export type { AzureFailure } from './element/azure.js';
export type * from './element/events.js';
export { type MissingFeature, type Support, probe } from './probe.js';
export { LOCALES, type Locale, type TextKey, type Texts } from './texts/catalogue.js';
export { FaceLivenessDetector, VerilumeLiveness };

const TAGS = { 'verilume-liveness': VerilumeLiveness, 'azure-ai-vision-face-ui': FaceLivenessDetector };

// Two copies of this module on one page share the first one's elements.
for (const [tag, element] of Object.entries(TAGS)) {
  if (!customElements.get(tag)) customElements.define(tag, element);
}
