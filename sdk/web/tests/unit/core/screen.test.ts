import { describe, expect, it } from 'vitest';
import type { EngineScreen } from '../../../generated/verilume.js';
import { ScreenPlayer } from '../../../src/core/screen.js';
import type { ScreenColours } from '../../../src/core/types.js';

/** A display of 50 Hz whose time the test makes. */
class Display {
  nowMs = 1000;
  painted: ScreenColours[] = [];
  cleared = 0;
  shown: [step: number, atMs: number][] = [];
  private callback: ((timeMs: number) => void) | undefined;
  readonly player = new ScreenPlayer(
    {
      paint: (colours) => this.painted.push(colours),
      clear: () => (this.cleared += 1),
    },
    (step, atMs) => this.shown.push([step, atMs]),
    {
      request: (callback) => {
        this.callback = callback;
        return 1;
      },
      cancel: () => (this.callback = undefined),
    },
  );

  refresh(times = 1): void {
    for (let time = 0; time < times; time += 1) {
      this.nowMs += 20;
      this.callback?.(this.nowMs);
    }
  }

  get isWatched(): boolean {
    return this.callback !== undefined;
  }
}

function step(number: number, beginsAtMs: number, ...levels: number[]): EngineScreen {
  const ramp = Uint8Array.from(levels.flatMap((level) => Array<number>(6).fill(level)));
  return { kind: 'screen', step: number, beginsAtMs, ramp, rampEveryMs: 4 };
}

describe('the screen', () => {
  it('says that a step was shown one refresh after it was painted, and never before it was due', () => {
    const display = new Display();
    display.player.play(step(0, 1100, 7));
    display.refresh(3);
    expect(display.painted).toEqual([]);
    display.refresh(2);
    expect(display.painted).toHaveLength(1);
    expect(display.shown).toEqual([]);
    display.refresh();
    const [first] = display.shown;
    expect(first?.[0]).toBe(0);
    expect(first?.[1]).toBeGreaterThanOrEqual(1100);
    display.refresh(5);
    expect(display.shown).toHaveLength(1);
  });

  it('fades as the ramp says, and stays at its end', () => {
    const display = new Display();
    const levels = Array.from({ length: 21 }, (_, at) => at * 10);
    display.player.play(step(1, 0, ...levels));
    display.refresh(8);
    const tops = display.painted.map(({ top }) => top[0]);
    expect(tops[0]).toBe(0);
    expect(tops.slice(1, 4).every((level, at, all) => level > (all[at - 1] ?? 0))).toBe(true);
    expect(tops.at(-1)).toBe(200);
  });

  it('shows no step before the one before it is confirmed', () => {
    const display = new Display();
    display.player.play(step(0, 0, 1));
    display.player.play(step(1, 0, 2));
    display.refresh(4);
    expect(display.shown.map(([number]) => number)).toEqual([0, 1]);
    expect(display.shown[1]?.[1]).toBeGreaterThan(display.shown[0]?.[1] ?? 0);
  });

  it('gives the screen back once, and watches nothing afterwards', () => {
    const display = new Display();
    display.player.play(step(0, 0, 1));
    display.refresh(2);
    display.player.stop();
    display.player.stop();
    expect([display.cleared, display.isWatched, display.player.isOn]).toEqual([1, false, false]);
  });
});
