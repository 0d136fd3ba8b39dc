/** The light that a person chose, kept in the browser for the next time; nothing else is kept. */

import type { Light } from '../check/check.js';

const KEY = 'verilume.light';
const LIGHTS: readonly string[] = ['standard', 'calm', 'soft', 'none'] satisfies Light[];

/** The light to begin with. Who asked once for no flashes is never shown them without asking. */
export function chosenLight(said: string | undefined, offersNoFlashes: boolean): Light {
  const isLight = (light: string | null | undefined): light is Light =>
    light != null && LIGHTS.includes(light) && (offersNoFlashes || light !== 'none');
  const kept = remembered();
  if (kept === 'none' && offersNoFlashes) return kept;
  if (isLight(said)) return said;
  if (isLight(kept)) return kept;
  return globalThis.matchMedia?.('(prefers-reduced-motion: reduce)').matches ? 'calm' : 'standard';
}

/** Keeps a choice. */
export function rememberLight(light: Light): void {
  try {
    localStorage.setItem(KEY, light);
  } catch {
    // A page without storage: the person chooses again.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
