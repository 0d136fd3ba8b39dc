/** The element as a React component, for React 18 and 19. Can be rendered on a server. */

import { type ForwardedRef, type ReactElement, type ReactNode, createElement, forwardRef, useEffect, useImperativeHandle, useLayoutEffect, useRef } from 'react';
import type { Failure, LivenessResult } from './check/outcome.js';
import type * as events from './element/events.js';
import type { VerilumeLiveness as VerilumeLivenessElement } from './element/verilume-liveness.js';
import './index.js';

/** What can be set on the element. */
type Settings = Pick<
  VerilumeLivenessElement,
  | 'token'
  | 'endpoint'
  | 'locale'
  | 'texts'
  | 'light'
  | 'flashes'
  | 'startScreen'
  | 'cameraId'
  | 'lowBandwidth'
  | 'assetsBase'
  | 'deviceCorrelationId'
  | 'userCorrelationId'
  | 'theme'
  | 'speech'
  | 'vibration'
>;

/** The properties of the component. */
export interface VerilumeLivenessProps extends Partial<Settings> {
  readonly className?: string;
  /** What goes into the slots, each with its attribute `slot`. */
  readonly children?: ReactNode;
  readonly onReady?: (detail: events.ReadyDetail) => void;
  readonly onState?: (detail: events.StateDetail) => void;
  readonly onHint?: (detail: events.HintDetail) => void;
  readonly onAttempt?: (detail: events.AttemptDetail) => void;
  readonly onProgress?: (detail: events.ProgressDetail) => void;
  readonly onCamera?: (detail: events.CameraDetail) => void;
  readonly onTiming?: (detail: events.TimingDetail) => void;
  readonly onComplete?: (result: LivenessResult) => void;
  readonly onCancel?: (detail: events.CancelDetail) => void;
  readonly onError?: (failure: Failure) => void;
}

/** Which property hears which event. */
const LISTENERS = {
  onReady: 'vl-ready',
  onState: 'vl-state',
  onHint: 'vl-hint',
  onAttempt: 'vl-attempt',
  onProgress: 'vl-progress',
  onCamera: 'vl-camera',
  onTiming: 'vl-timing',
  onComplete: 'vl-complete',
  onCancel: 'vl-cancel',
  onError: 'vl-error',
} as const satisfies Record<string, keyof events.VerilumeEventMap>;

/** Before anything else hears of the element; on a server there is no layout, and React says so. */
const useFirstEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect;

/** Its ref is the element: call `start(token)` on it, or give it the property `token`. */
export const VerilumeLiveness = forwardRef(function VerilumeLiveness(
  props: VerilumeLivenessProps,
  ref: ForwardedRef<VerilumeLivenessElement>,
): ReactElement {
  const element = useRef<VerilumeLivenessElement>(null);
  const latest = useRef(props);
  latest.current = props;
  useImperativeHandle(ref, () => element.current as VerilumeLivenessElement, []);

  useFirstEffect(() => {
    const here = element.current;
    if (!here) return undefined;
    const stop = new AbortController();
    for (const [property, event] of Object.entries(LISTENERS) as [keyof typeof LISTENERS, string][]) {
      const tell = (said: Event): void => {
        const listener = latest.current[property] as ((detail: unknown) => void) | undefined;
        listener?.((said as CustomEvent<unknown>).detail);
      };
      here.addEventListener(event, tell, { signal: stop.signal });
    }
    return () => stop.abort();
  }, []);

  const set = useRef<Partial<Settings>>({});
  useFirstEffect(() => {
    const settings = settingsOf(props);
    const gone = Object.keys(set.current).filter((name) => !(name in settings));
    if (element.current) Object.assign(element.current, Object.fromEntries(gone.map((name) => [name, undefined])), settings);
    set.current = settings;
  });

  return createElement('verilume-liveness', { ref: element, class: props.className }, props.children);
});

/** What is for the element, not for React. Properties rather than attributes: the same in React 18 and 19. */
function settingsOf(props: VerilumeLivenessProps): Partial<Settings> {
  const { className: _class, children: _children, ...rest } = props;
  return Object.fromEntries(
    Object.entries(rest).filter(([name, value]) => !(name in LISTENERS) && value !== undefined),
  ) as Partial<Settings>;
}
