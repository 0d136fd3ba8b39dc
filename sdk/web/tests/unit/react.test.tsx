// @vitest-environment happy-dom
import { act, createRef } from 'react';
import { createRoot } from 'react-dom/client';
import { expect, it } from 'vitest';
import { VerilumeLiveness as Element } from '../../src/element/verilume-liveness.js';
import type { CaptureOptions } from '../../src/core/types.js';
import { FakeCore } from '../fake/fake-core.js';

let core: FakeCore | undefined;

// First come, first served: the module of the wrapper finds the tag taken.
customElements.define(
  'verilume-liveness',
  class extends Element {
    protected override createCore({ onEvent }: CaptureOptions): FakeCore {
      return (core = new FakeCore(onEvent));
    }

    protected override support(): { ok: true; missing: [] } {
      return { ok: true, missing: [] };
    }
  },
);

it('sets properties, hears events with the newest listener, and gives the element', async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const { VerilumeLiveness } = await import('../../src/react.js');
  const ref = createRef<Element>();
  const heard: string[] = [];
  const place = document.createElement('div');
  document.body.append(place);
  const root = createRoot(place);
  const show = (token: string | undefined, name: string): void =>
    root.render(
      <VerilumeLiveness
        ref={ref}
        {...(token && { token })}
        startScreen="off"
        texts={{ cancel: 'Stop' }}
        className="check"
        onReady={() => heard.push('ready')}
        onComplete={({ resultId }) => heard.push(`${name} ${resultId}`)}
      />,
    );
  await act(async () => show(undefined, 'first'));
  expect([heard, ref.current?.className, core]).toEqual([['ready'], 'check', undefined]);
  await act(async () => show('token', 'second'));
  expect([core?.calls, ref.current?.texts]).toEqual([['start token'], { cancel: 'Stop' }]);
  await act(async () => core?.end({ outcome: 'finished', resultId: 'r', digest: 'D' }));
  expect(heard).toEqual(['ready', 'second r']);
  await act(async () => show(undefined, 'third'));
  expect(ref.current?.token).toBeUndefined();
  await act(async () => root.unmount());
});
