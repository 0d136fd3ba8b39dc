/** What a hint of the core is in words and as an arrow. */

import type { CheckModel } from '../check/check.js';
import { LIGHT_REFUSED } from '../check/outcome.js';
import type { ErrorCode } from '../core/error-codes.js';
import type { HintEvent, Towards } from '../core/types.js';
import type { TextKey } from '../texts/catalogue.js';

/** What is said of a hint. */
export interface Guidance {
  /** A few words. */
  readonly brief: TextKey;
  /** The explanation, once the few words have not helped. */
  readonly more: TextKey | undefined;
  /** Where the arrow points on the screen. */
  readonly arrow: Towards | undefined;
}

/** The words of a hint. */
export function guidanceOf(hint: HintEvent, isMirrored: boolean): Guidance {
  const more = `hint.${hint.code}.more` satisfies TextKey;
  const isExplained = hint.urgency === 'escalated' || hint.code === 'too_dark';
  if (hint.code !== 'off_centre') {
    return { brief: `hint.${hint.code}`, more: isExplained ? more : undefined, arrow: undefined };
  }
  const towards = hint.towards ?? 'up';
  return {
    brief: `hint.off_centre.${towards}`,
    more: isExplained ? more : undefined,
    arrow: onScreen(towards, isMirrored),
  };
}

/**
 * Where a person's own direction is on the screen. In a mirrored preview, as in a mirror, their left is the screen's;
 * in one that is not mirrored it is the other way about.
 */
export function onScreen(towards: Towards, isMirrored: boolean): Towards {
  if (isMirrored || towards === 'up' || towards === 'down') return towards;
  return towards === 'left' ? 'right' : 'left';
}

const TIPS: Partial<Record<ErrorCode, TextKey>> = {
  EnvironmentNotSupported: 'retry.tip.light',
  ExcessiveFaceBrightness: 'retry.tip.glare',
  FaceWithMaskDetected: 'retry.tip.covered',
  FaceMouthRegionNotVisible: 'retry.tip.covered',
  FaceEyeRegionNotVisible: 'retry.tip.covered',
  ExcessiveImageBlurDetected: 'retry.tip.blur',
  FaceNotFound: 'retry.tip.face',
  FaceNotFrontal: 'retry.tip.face',
  FaceTrackingFailed: 'retry.tip.face',
  MultipleFaceFound: 'retry.tip.alone',
};

/** What to change before another try. */
export function tipOf(hint: ErrorCode | undefined): TextKey {
  return (hint && TIPS[hint]) ?? 'retry.tip.general';
}

/** What helps after a failure. */
export function adviceOf(failure: NonNullable<CheckModel['failure']>): TextKey {
  if (failure.code === LIGHT_REFUSED) return 'light.required';
  switch (failure.userAction) {
    case 'correct_request':
    case 'ask_operator':
      return 'error.operator';
    case 'nothing':
      return 'error.try_again';
    default:
      return `error.${failure.userAction}`;
  }
}
