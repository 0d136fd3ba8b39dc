/** The drop-in element for pages that were written for Azure's: the same tag, call, properties and error strings. */

import type { PropertyDeclarations } from 'lit';
import { LivenessBusyError, LivenessFailure, type LivenessResult } from '../check/outcome.js';
import { ERROR_CODES, type ErrorCode, type LivenessError, type RecognitionError } from '../core/error-codes.js';
import type { TextKey, Texts } from '../texts/catalogue.js';
import { VerilumeLiveness } from './verilume-liveness.js';

/** What `start` of the drop-in element rejects with. */
export interface AzureFailure {
  readonly livenessError: LivenessError;
  readonly recognitionError: RecognitionError;
}

/** Keys of `languageDictionary`, and what they are here. Keys of what this check does not do have no effect. */
const KEYS: Readonly<Record<string, readonly TextKey[]>> = {
  AZAIF_FeedbackLookAtCamera: ['hint.look_at_camera', 'align.title'],
  AZAIF_FeedbackFaceNotCentered: ['hint.off_centre.more'],
  AZAIF_FeedbackMoveCloser: ['hint.too_far'],
  AZAIF_FeedbackContinueToMoveCloser: ['hint.too_far.more'],
  AZAIF_FeedbackMoveBack: ['hint.too_close'],
  AZAIF_FeedbackTooMuchMovement: ['hint.too_much_motion'],
  AZAIF_FeedbackHoldStill: ['hint.hold_still', 'hold.title'],
  AZAIF_FeedbackAttentionNotNeeded: ['checking.title'],
  AZAIF_FeedbackFinalCompletion: ['done.title'],
  AZAIF_FeedbackStarting: ['loading.title'],
  AZAIF_HeaderNoRetention: ['intro.privacy'],
  AZAIF_Continue: ['intro.start'],
  AZAIF_Cancel: ['cancel'],
  AZAIF_Close: ['close'],
};

/**
 * `<azure-ai-vision-face-ui>` on Verilume's service: what a page calls, sets and catches is as in Azure's element.
 *
 * @summary Drop-in element for pages written for Azure's.
 * @tag azure-ai-vision-face-ui
 */
export class FaceLivenessDetector extends VerilumeLiveness {
  static override readonly properties: PropertyDeclarations = {
    languageDictionary: { attribute: false },
    mediaInfoDeviceId: { type: String },
    fontSize: { type: String },
    fontFamily: { type: String },
    skipInstructions: { type: Boolean },
  };

  /** Texts by the keys of Azure's element. */
  declare languageDictionary: Readonly<Record<string, string>> | undefined;
  /** The `deviceId` of the camera. */
  declare mediaInfoDeviceId: string | undefined;
  /** Size of the text, a CSS length. */
  declare fontSize: string | undefined;
  /** Font family. */
  declare fontFamily: string | undefined;
  /** No start screen. Then the page itself must tell of the light. */
  declare skipInstructions: boolean;

  /**
   * Starts a check. Rejects with `{livenessError, recognitionError}`.
   *
   * @param token - The session's token.
   */
  override async start(token?: string): Promise<LivenessResult> {
    if (!this.isRunning) this.#take();
    try {
      return await super.start(token);
    } catch (error) {
      throw azureFailure(error);
    }
  }

  /** Takes over what the page has set under Azure's names. */
  #take(): void {
    if (this.mediaInfoDeviceId) this.cameraId = this.mediaInfoDeviceId;
    if (this.skipInstructions) this.startScreen = 'off';
    if (this.fontSize) this.style.setProperty('--vl-font-size', this.fontSize);
    if (this.fontFamily) this.style.setProperty('--vl-font', this.fontFamily);
    if (this.languageDictionary) this.texts = { ...this.texts, ...textsOf(this.languageDictionary) };
  }
}

/** Texts by our keys, from those by Azure's. */
export function textsOf(dictionary: Readonly<Record<string, string>>): Texts {
  return Object.fromEntries(
    Object.entries(dictionary).flatMap(([key, text]) => (KEYS[key] ?? []).map((ours) => [ours, text])),
  );
}

function azureFailure(error: unknown): AzureFailure {
  if (!(error instanceof LivenessFailure)) {
    const livenessError = error instanceof LivenessBusyError ? 'UnexpectedClientError' : 'Unexpected';
    return { livenessError, recognitionError: 'None' };
  }
  return { livenessError: error.livenessError, recognitionError: recognitionErrorOf(error.code) };
}

const RECOGNITION: Readonly<Partial<Record<ErrorCode, RecognitionError>>> = {
  FaceWithMaskDetected: 'FaceWithMaskDetected',
  FaceMouthRegionNotVisible: 'FaceMouthRegionNotVisible',
  FaceEyeRegionNotVisible: 'FaceEyeRegionNotVisible',
  ExcessiveImageBlurDetected: 'ExcessiveImageBlurDetected',
  ExcessiveFaceBrightness: 'ExcessiveFaceBrightness',
  FaceNotFound: 'FaceNotFound',
  MultipleFaceFound: 'MultipleFaceFound',
  FaceNotFrontal: 'FaceNotFrontal',
  ContentDecodingError: 'ContentDecodingError',
  ImageSizeIsTooLarge: 'ImageSizeIsTooLarge',
  ImageSizeIsTooSmall: 'ImageSizeIsTooSmall',
  UnsupportedMediaType: 'UnsupportedMediaType',
};

function recognitionErrorOf(code: string): RecognitionError {
  return code in ERROR_CODES ? (RECOGNITION[code as ErrorCode] ?? 'None') : 'None';
}

declare global {
  interface HTMLElementTagNameMap {
    'azure-ai-vision-face-ui': FaceLivenessDetector;
  }
}
