/**
 * The states of a check as a person sees them, and every way from one to another. What is not in this table cannot
 * happen: the check asks it for each signal, arms its watchdog by it, and the tests and the documentation read it.
 */

/** Where a check is. */
export type CheckState =
  | 'idle'
  | 'preflight'
  | 'intro'
  | 'permission'
  | 'permission-denied'
  | 'loading'
  | 'align'
  | 'hold'
  | 'flash'
  | 'checking'
  | 'retry'
  | 'interrupted'
  | 'error'
  | 'done'
  | 'failed'
  | 'locked'
  | 'unsupported';

/** What moves a check. */
export type Signal =
  /** `start` was called. */
  | 'start'
  /** The browser can, or cannot, run the check. */
  | 'supported'
  | 'unsupported'
  /** The person pressed Start, or the start screen is off. */
  | 'begin'
  /** The core's own states. */
  | 'opening'
  | 'loading'
  | 'connecting'
  | 'align'
  | 'hold'
  | 'flash'
  | 'tail'
  | 'checking'
  | 'retry'
  | 'replanning'
  | 'paused'
  /** The core has ended. */
  | 'finished'
  | 'denied'
  | 'retryable-failure'
  /** The service does not do the light that the person chose. */
  | 'light-refused'
  | 'final-failure'
  | 'wait'
  /** The person tries again after a failure. */
  | 'again'
  /** The person, the page or the removal of the element ends it. */
  | 'cancel'
  /** The state's time is over and nothing has come. */
  | 'expired';

/** One row of the table. */
export interface StateRow {
  /** Milliseconds until the watchdog ends the state; `null` where a person reads, and may take any time. */
  readonly capMs: number | null;
  /** Whether a start is under way that has not had its terminal event. */
  readonly isRunning: boolean;
  /** Whether the camera may be on. */
  readonly mayUseCamera: boolean;
  /** Whether the check fills the window. */
  readonly fillsWindow: boolean;
  /** Where each signal leads; one that is not here is passed over. */
  readonly on: Partial<Record<Signal, CheckState>>;
}

/**
 * How long the watchdog gives the core beyond its own cap. The core ends its states itself; this is for a core that is
 * no longer there. Origin: by reasoning, well over what a busy device delays a timer.
 */
export const WATCHDOG_GRACE_MS = 5000;

/** Where the core's states lead, whichever state the check is in. */
const CORE: StateRow['on'] = {
  opening: 'permission',
  loading: 'loading',
  connecting: 'loading',
  align: 'align',
  hold: 'hold',
  flash: 'flash',
  tail: 'flash',
  checking: 'checking',
  retry: 'retry',
  replanning: 'loading',
  paused: 'interrupted',
  finished: 'done',
  denied: 'permission-denied',
  'retryable-failure': 'error',
  'light-refused': 'intro',
  'final-failure': 'failed',
  wait: 'locked',
  cancel: 'idle',
  expired: 'failed',
};

/** A state in which the core runs. Its cap is the core's; the watchdog's is the longest that the core takes. */
const withCore = (capMs: number, fillsWindow = true): StateRow => ({
  capMs,
  isRunning: true,
  mayUseCamera: true,
  fillsWindow,
  on: CORE,
});

/** A state that a start is over in. Another one may follow. */
const over: StateRow = {
  capMs: null,
  isRunning: false,
  mayUseCamera: false,
  fillsWindow: false,
  on: { start: 'preflight' },
};

/** A state in which a person reads. */
const reading = (on: StateRow['on'], capMs: number | null = null): StateRow => ({
  capMs,
  isRunning: true,
  mayUseCamera: false,
  fillsWindow: false,
  on,
});

/** The table. */
export const STATES: Readonly<Record<CheckState, StateRow>> = {
  idle: over,
  preflight: reading(
    { supported: 'intro', begin: 'permission', unsupported: 'unsupported', cancel: 'idle', expired: 'failed' },
    3000,
  ),
  intro: reading({ begin: 'permission', cancel: 'idle' }),
  permission: withCore(60_000, false),
  'permission-denied': reading({ again: 'permission', cancel: 'failed' }),
  loading: withCore(15_000),
  align: withCore(30_000),
  hold: withCore(8000),
  flash: withCore(20_000),
  checking: withCore(15_000),
  retry: withCore(60_000),
  interrupted: withCore(60_000),
  error: reading({ again: 'permission', cancel: 'failed' }),
  done: over,
  failed: over,
  locked: over,
  unsupported: over,
};

/** States that end by themselves although the person only has to get ready: they can be given more time. */
export const GIVES_MORE_TIME: ReadonlySet<CheckState> = new Set(['align', 'retry', 'interrupted']);

/** Where a signal leads from a state; `undefined` if nowhere. */
export function next(state: CheckState, signal: Signal): CheckState | undefined {
  return STATES[state].on[signal];
}
