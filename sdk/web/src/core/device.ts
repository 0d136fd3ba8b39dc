/** What the page can say about the device. All of it is a claim, and none of it names a person. */

import type { EngineStart } from '../../generated/verilume.js';
import { probe, type MissingFeature } from '../probe.js';

/** The longest text that the service takes, characters. */
const LONGEST_TEXT = 256;

interface NavigatorWithHints extends Navigator {
  readonly userAgentData?: { readonly platform?: string };
}

/** The device as it describes itself. */
export function deviceClaims(sdkVersion: string): EngineStart['device'] {
  const { userAgent, userAgentData } = navigator as NavigatorWithHints;
  const ratio = window.devicePixelRatio || 1;
  return {
    platform: 'web',
    system: (userAgentData?.platform ?? '').slice(0, LONGEST_TEXT),
    model: userAgent.slice(0, LONGEST_TEXT),
    sdk: '@verilume/web',
    sdkVersion,
    screenSizePx: [pixels(screen.width * ratio), pixels(screen.height * ratio)],
    screenRefreshHz: 0,
  };
}

/** Whether the function that gives the camera is the browser's own. */
export function isCameraAccessReplaced(): boolean {
  const getUserMedia = navigator.mediaDevices?.getUserMedia;
  return getUserMedia !== undefined && !Function.prototype.toString.call(getUserMedia).includes('[native code]');
}

/** What a capture without an interface can do without. */
const NOT_NEEDED: ReadonlySet<MissingFeature> = new Set(['custom-elements', 'constructed-stylesheets', 'websocket']);

/** What the browser lacks for a capture; empty if nothing. Frames of another source need no camera. */
export function missingAbilities(needsCamera: boolean): string[] {
  const missing: string[] = probe().missing.filter(
    (feature) => !NOT_NEEDED.has(feature) && (needsCamera || feature !== 'camera'),
  );
  if (typeof OffscreenCanvas !== 'function') missing.push('offscreen-canvas');
  return missing;
}

function pixels(value: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.round(value)) : 0;
}
