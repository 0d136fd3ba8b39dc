import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Check } from '../../src/check/check.js';
import { LivenessBusyError, type Outcome } from '../../src/check/outcome.js';
import { type CheckState, STATES, type Signal } from '../../src/check/states.js';
import type { CaptureResult, CoreState } from '../../src/core/types.js';
import { FakeCore } from '../fake/fake-core.js';

/** A world with a clock of its own. */
class World {
  time = 0;
  cores: FakeCore[] = [];
  outcomes: Outcome[] = [];
  states: CheckState[] = [];
  missing: ('camera' | 'worker')[] = [];
  timers = new Map<number, { at: number; call: () => void }>();
  /** What a page does when it hears of a state. */
  onEntered: (state: CheckState) => void = () => {};
  #timer = 0;
  readonly check = new Check({
    createCore: (onEvent) => {
      const core = new FakeCore(onEvent, () => this.time);
      this.cores.push(core);
      return core;
    },
    probe: () => ({ ok: this.missing.length === 0, missing: this.missing }),
    now: () => this.time,
    after: (ms, call) => {
      const timer = ++this.#timer;
      this.timers.set(timer, { at: this.time + ms, call });
      return () => this.timers.delete(timer);
    },
    changed: () => {},
    entered: (state) => {
      this.states.push(state);
      this.onEntered(state);
    },
    told: () => {},
    ended: (outcome) => this.outcomes.push(outcome),
  });

  get core(): FakeCore {
    return this.cores.at(-1)!;
  }

  start(hasIntro = false): void {
    this.check.start({ token: 'token', hasIntro, light: 'standard' });
  }

  pass(ms: number): void {
    const until = this.time + ms;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.time = due[1].at;
      due[1].call();
    }
    this.time = until;
  }
}

type Code = 'connection_lost' | 'token_used' | '429' | 'CameraPermissionDenied' | 'flashes_required';

const failed = (code: Code, retryAfterMs?: number): CaptureResult => ({
  outcome: 'failed',
  code,
  livenessError: code === 'CameraPermissionDenied' ? code : 'UnexpectedClientError',
  userAction: 'try_again',
  retryable: code !== 'token_used',
  message: code,
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});

let world: World;
beforeEach(() => {
  world = new World();
});

describe('a check', () => {
  it('goes from the start screen to the end', () => {
    world.start(true);
    expect(world.core.calls).toEqual(['preload']);
    world.check.choose('calm');
    world.check.begin();
    expect(world.core.profile).toBe('calm');
    for (const state of ['loading', 'connecting', 'align', 'hold', 'flash', 'tail', 'checking'] as const) {
      world.core.enter(state, 1000);
    }
    world.core.end({ outcome: 'finished', resultId: 'r', digest: 'D' });
    expect(world.states).toEqual(
      ['preflight', 'intro', 'permission', 'loading', 'align', 'hold', 'flash', 'checking', 'done'],
    );
    expect(world.outcomes).toEqual([{ kind: 'complete', resultId: 'r', digest: 'D' }]);
  });

  it('leaves the running one alone when another is started', () => {
    world.start();
    expect(() => world.start()).toThrow(LivenessBusyError);
    expect([world.outcomes.length, world.core.isRunning]).toEqual([0, true]);
  });

  it('needs a browser that can', () => {
    world.missing = ['camera'];
    world.start(true);
    expect(world.check.state).toBe('unsupported');
    expect(world.outcomes).toMatchObject([{ kind: 'error', failure: { code: 'browser_unsupported' } }]);
    expect(world.cores).toEqual([]);
  });

  it('waits for a refused camera to be allowed, and says that it was refused if the person gives up', () => {
    world.start();
    world.core.end(failed('CameraPermissionDenied'));
    expect([world.check.state, world.outcomes.length]).toEqual(['permission-denied', 0]);
    world.check.again();
    expect(world.check.state).toBe('permission');
    world.core.end(failed('CameraPermissionDenied'));
    world.check.cancel('person');
    expect(world.outcomes).toMatchObject([{ kind: 'error', failure: { code: 'CameraPermissionDenied' } }]);
  });

  it('offers another try after a failure that allows one, for as long as the person reads', () => {
    world.start();
    world.core.end(failed('connection_lost'));
    expect([world.check.state, world.outcomes.length]).toEqual(['error', 0]);
    world.check.again();
    world.core.end(failed('connection_lost'));
    world.pass(3_600_000);
    expect(world.check.state).toBe('error');
    world.check.cancel('person');
    expect(world.outcomes).toMatchObject([{ kind: 'error', failure: { code: 'connection_lost' } }]);
  });

  it('ends at once where another try is of no use, or far away', () => {
    world.start();
    world.core.end(failed('token_used'));
    expect(world.check.state).toBe('failed');
    world.start();
    world.core.end(failed('429', 1_800_000));
    expect(world.check.state).toBe('locked');
    expect(world.outcomes).toHaveLength(2);
  });

  it('lets the person choose again where the service does no checks without flashes', () => {
    world.start(true);
    world.check.choose('none');
    world.check.begin();
    world.core.end(failed('flashes_required'));
    expect([world.check.state, world.check.model.isLightRefused, world.check.model.light]).toEqual(['intro', true, 'calm']);
    world.check.begin();
    expect([world.check.state, world.core.profile, world.outcomes.length]).toEqual(['permission', 'calm', 0]);
  });

  it('tries again without flashes', () => {
    world.start();
    world.core.enter('retry', 60_000);
    world.check.again('none');
    expect([world.core.calls.at(-1), world.core.profile]).toEqual(['retry', 'none']);
  });

  it('is ended by its watchdog when the core is no longer there', () => {
    world.start();
    world.core.enter('align', 300_000);
    world.pass(304_000);
    expect(world.check.state).toBe('align');
    world.pass(1000);
    expect(world.check.state).toBe('failed');
    expect(world.core.isDisposed).toBe(true);
    expect(world.outcomes).toMatchObject([{ kind: 'error', failure: { code: 'Unexpected' } }]);
  });

  it('hears nothing of a core that it has dropped', () => {
    world.start();
    const first = world.core;
    world.core.enter('align', 1000);
    world.pass(40_000);
    world.start();
    first.isRunning = true;
    first.end({ outcome: 'finished', resultId: 'old', digest: '' });
    expect(world.outcomes).toHaveLength(1);
    expect(world.check.state).toBe('permission');
  });
});

describe('the table', () => {
  it('has a way out of every state that a start is under way in', () => {
    for (const [state, row] of Object.entries(STATES)) {
      if (!row.isRunning) continue;
      expect(row.on.cancel, state).toBeDefined();
      if (row.capMs !== null) expect(row.on.expired, state).toBeDefined();
      expect(row.mayUseCamera && row.capMs === null, `${state} has no end`).toBe(false);
    }
  });

  it('ends every start in a state that is over', () => {
    const ending: Signal[] = ['cancel', 'expired', 'finished', 'final-failure', 'wait', 'unsupported'];
    for (const row of Object.values(STATES)) {
      for (const signal of ending) {
        const to = row.on[signal];
        if (to) expect(STATES[to].isRunning).toBe(false);
      }
    }
  });
});

type Step = (world: World) => void;

const coreStates: CoreState[] = [
  'opening', 'loading', 'connecting', 'align', 'hold', 'flash', 'tail', 'checking', 'retry', 'replanning', 'paused',
];
const ends: CaptureResult[] = [
  { outcome: 'finished', resultId: 'r', digest: 'd' },
  { outcome: 'canceled' },
  failed('connection_lost'),
  failed('token_used'),
  failed('429', 90_000),
  failed('CameraPermissionDenied'),
  failed('flashes_required'),
];

const anyStep: fc.Arbitrary<[string, Step]> = fc.oneof(
  fc.constant<[string, Step]>(['begin', (world) => world.check.begin()]),
  fc.constant<[string, Step]>(['again', (world) => world.check.again()]),
  fc.constant<[string, Step]>(['again without flashes', (world) => world.check.again('none')]),
  fc.constant<[string, Step]>(['more time', (world) => world.check.moreTime()]),
  fc.constant<[string, Step]>(['resume', (world) => world.check.resume()]),
  fc.constant<[string, Step]>(['remove', (world) => world.check.dispose('removal')]),
  fc.constantFrom('person' as const, 'page' as const).map<[string, Step]>((by) => [
    `cancel by ${by}`,
    (world) => world.check.cancel(by),
  ]),
  fc.constantFrom(...coreStates).map<[string, Step]>((state) => [
    `core ${state}`,
    (world) => world.cores.at(-1)?.enter(state, 10_000),
  ]),
  fc.constantFrom(...ends).map<[string, Step]>((result) => [
    `end ${JSON.stringify(result)}`,
    (world) => world.cores.at(-1)?.end(result),
  ]),
  fc.integer({ min: 1, max: 100_000 }).map<[string, Step]>((ms) => [`${ms} ms`, (world) => world.pass(ms)]),
);
const start = fc.boolean().map<[string, Step]>((hasIntro) => [
  'start',
  (world) => {
    if (!world.check.isRunning) world.start(hasIntro);
    else expect(() => world.start(hasIntro)).toThrow(LivenessBusyError);
  },
]);

describe('who hears of the last state', () => {
  it('cannot start another check before the outcome of this one is told', () => {
    const world = new World();
    const refused: unknown[] = [];
    world.onEntered = (state) => {
      if (state !== 'failed') return;
      try {
        world.start();
      } catch (error) {
        refused.push(error);
      }
    };
    world.start();
    world.check.begin();
    world.cores.at(-1)?.end(failed('token_used'));
    expect(refused).toEqual([expect.any(LivenessBusyError)]);
    expect(world.outcomes.length).toBe(1);
    expect(world.check.isRunning).toBe(false);
  });
});

describe('any sequence of what can happen', () => {
  it('gives exactly one outcome per start, and leaves no camera on', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 1, arbitrary: start }, { weight: 6, arbitrary: anyStep }), { maxLength: 60 }), (steps) => {
        const world = new World();
        let starts = 0;
        for (const [name, step] of steps) {
          if (name === 'start' && !world.check.isRunning) starts += 1;
          step(world);
          // One that runs has had none; all that came before have had one each.
          expect(world.outcomes.length, name).toBe(starts - (world.check.isRunning ? 1 : 0));
          const { mayUseCamera } = STATES[world.check.state];
          if (!mayUseCamera) expect(world.cores.some((core) => core.isRunning), name).toBe(false);
        }
        world.check.dispose('removal');
        expect(world.outcomes.length).toBe(starts);
        expect(world.cores.every((core) => !core.isRunning && !core.hasCamera)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('ends by itself wherever a person does not read', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 30 }), (steps) => {
        const world = new World();
        world.start();
        for (const [, step] of steps) step(world);
        world.pass(600_000);
        expect(world.check.isRunning && STATES[world.check.state].capMs !== null).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
