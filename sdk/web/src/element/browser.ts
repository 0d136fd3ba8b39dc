/** Which way to allow a camera that was refused. Texts differ by browser and system, and by nothing else. */

import type { TextKey } from '../texts/catalogue.js';

/** How the camera is allowed in the browser that says this of itself. */
export function recoveryOf(userAgent: string, touchPoints: number): TextKey {
  const isIpad = userAgent.includes('Macintosh') && touchPoints > 1;
  const isSafari = /Version\/[\d.]+ .*Safari\//.test(userAgent) && !/Chrom|Android/.test(userAgent);
  if (/iPhone|iPod|iPad/.test(userAgent) || isIpad) return isSafari ? 'denied.ios-safari' : 'denied.ios-other';
  if (userAgent.includes('Android')) return 'denied.android';
  if (userAgent.includes('Firefox/')) return 'denied.firefox';
  if (/Chrom(e|ium)\//.test(userAgent)) return 'denied.chromium';
  return isSafari ? 'denied.mac-safari' : 'denied.other';
}
