/** How long the steps of a start took. */

/** Milliseconds from the start to the end of each step; 0 for one that has not ended. */
export interface Laps {
  permissionMs: number;
  firstFrameMs: number;
  engineMs: number;
  planMs: number;
  readyMs: number;
}

export class Stopwatch {
  readonly laps: Laps = { permissionMs: 0, firstFrameMs: 0, engineMs: 0, planMs: 0, readyMs: 0 };
  private readonly startedAtMs = performance.now();

  /** A step has ended; says whether it is the first time. */
  lap(name: keyof Laps, atMs: number = performance.now()): boolean {
    if (this.laps[name] > 0) return false;
    this.laps[name] = Math.max(atMs - this.startedAtMs, Number.EPSILON);
    return true;
  }
}
