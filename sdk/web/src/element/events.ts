/** The events of the element, as a page sees them. All bubble and leave the shadow tree. */

import type { CanceledBy, Failure, LivenessResult } from '../check/outcome.js';
import type { CheckState } from '../check/states.js';
import type { CameraEvent, HintCode, TimingEvent, Towards } from '../core/types.js';
import type { Support } from '../probe.js';

/** Of `vl-ready`. */
export interface ReadyDetail {
  readonly support: Support;
}

/** Of `vl-state`. */
export interface StateDetail {
  readonly state: CheckState;
  readonly previous: CheckState;
  /** How long the previous state lasted, milliseconds. */
  readonly sinceMs: number;
}

/** Of `vl-hint`. */
export interface HintDetail {
  readonly code: HintCode;
  /** Where to move the head, in the person's own directions. */
  readonly towards?: Towards;
  /** Whether the explanation is given, because the few words have not helped. */
  readonly isEscalated: boolean;
}

/** Of `vl-attempt`. */
export interface AttemptDetail {
  readonly attemptsLeft: number;
  /** A code of the table of error codes: what to change. */
  readonly hint?: string;
}

/** Of `vl-progress`. */
export interface ProgressDetail {
  readonly phase: 'engine';
  /** 0 to 1. */
  readonly value: number;
}

/** Of `vl-camera`. The label stays in the page: it often is a person's name. */
export type CameraDetail = Pick<CameraEvent, 'label' | 'facing' | 'width' | 'height' | 'framesPerSecond'>;

/** Of `vl-timing`. Milliseconds from the start of the capture. */
export type TimingDetail = Omit<TimingEvent, 'kind'>;

/** Of `vl-cancel`. */
export interface CancelDetail {
  readonly by: CanceledBy;
}

/** Every event of the element. */
export interface VerilumeEventMap {
  'vl-ready': CustomEvent<ReadyDetail>;
  'vl-state': CustomEvent<StateDetail>;
  'vl-hint': CustomEvent<HintDetail>;
  'vl-attempt': CustomEvent<AttemptDetail>;
  'vl-progress': CustomEvent<ProgressDetail>;
  'vl-camera': CustomEvent<CameraDetail>;
  'vl-timing': CustomEvent<TimingDetail>;
  'vl-complete': CustomEvent<LivenessResult>;
  'vl-cancel': CustomEvent<CancelDetail>;
  'vl-error': CustomEvent<Failure>;
}

declare global {
  interface HTMLElementEventMap extends VerilumeEventMap {}
}
