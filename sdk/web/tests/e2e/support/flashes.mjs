// How often a recorded screen flashed, by the definition of `verilume-protocol`, the same that challenges are minted by.

import { example } from './example.mjs';

/** The most flashes in any second. `screen` has a row for each refresh: milliseconds and six sRGB values. */
export function flashesPerSecond(screen) {
  const changes = screen.filter((row, at) => at === 0 || row.slice(1).join() !== screen[at - 1].slice(1).join());
  const input = changes.map((row) => row.join(' ')).join('\n');
  const counted = example('verilume-protocol', 'flash_safety', [], input);
  const [general, red] = counted.trim().split(' ').map(Number);
  return Math.max(general, red);
}
