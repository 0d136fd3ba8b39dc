// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FaceLivenessDetector } from '../../src/element/azure.js';
import { VerilumeLiveness } from '../../src/element/verilume-liveness.js';
import { LivenessBusyError, LivenessFailure } from '../../src/check/outcome.js';
import type { CaptureOptions } from '../../src/core/types.js';
import { FakeCore } from '../fake/fake-core.js';

let core: FakeCore;
let options: CaptureOptions;

function faked<Base extends new () => VerilumeLiveness>(base: Base): Base {
  // @ts-expect-error the fake takes the place of a protected method.
  return class extends base {
    protected override createCore(given: CaptureOptions): FakeCore {
      options = given;
      core = new FakeCore(given.onEvent);
      return core;
    }

    protected override support(): { ok: true; missing: [] } {
      return { ok: true, missing: [] };
    }
  };
}
customElements.define('faked-liveness', faked(VerilumeLiveness));
customElements.define('faked-azure', faked(FaceLivenessDetector));

const ENDS = ['vl-complete', 'vl-cancel', 'vl-error'];
let ends: string[];

function place<Element extends VerilumeLiveness>(tag: string): Element {
  const element = document.createElement(tag) as Element;
  element.startScreen = 'off';
  for (const end of ENDS) element.addEventListener(end, () => ends.push(end));
  document.body.append(element);
  return element;
}

beforeEach(() => {
  ends = [];
  localStorage.clear();
});
afterEach(() => document.body.replaceChildren());

describe('<verilume-liveness>', () => {
  it('resolves with what the app’s server needs, and tells it once', async () => {
    const element = place('faked-liveness');
    const started = element.start('token');
    core.enter('align', 30_000);
    core.end({ outcome: 'finished', resultId: 'r', digest: 'D' });
    expect(await started).toEqual({ resultId: 'r', digest: 'D' });
    expect([ends, element.state, element.isRunning]).toEqual([['vl-complete'], 'done', false]);
  });

  it('refuses a second start with a typed error, and leaves the first alone', async () => {
    const element = place('faked-liveness');
    const started = element.start('token');
    await expect(element.start('other')).rejects.toBeInstanceOf(LivenessBusyError);
    expect([ends, core.isRunning]).toEqual([[], true]);
    core.end({ outcome: 'finished', resultId: 'r', digest: 'D' });
    await started;
  });

  it('frees the camera and ends the start when it is removed', async () => {
    const element = place('faked-liveness');
    const started = element.start('token');
    core.enter('flash', 4000);
    element.remove();
    await expect(started).rejects.toMatchObject({ code: 'UserCanceledSession' });
    expect([ends, core.isDisposed, core.isRunning]).toEqual([['vl-cancel'], true, false]);
  });

  it('needs a token and a page', async () => {
    await expect(place('faked-liveness').start()).rejects.toMatchObject({ code: 'InvalidToken' });
    const loose = document.createElement('faked-liveness') as VerilumeLiveness;
    await expect(loose.start('token')).rejects.toBeInstanceOf(LivenessFailure);
    expect(ends).toEqual([]);
  });

  it('starts by itself when it has a token', async () => {
    const element = place('faked-liveness');
    element.token = 'from the page';
    await element.updateComplete;
    expect(core.calls).toContain('start from the page');
    core.end({ outcome: 'canceled' });
    await element.updateComplete;
    expect([ends, element.isRunning]).toEqual([['vl-cancel'], false]);
  });

  it('asks for the light that was chosen, and never for flashes from who once wanted none', async () => {
    localStorage.setItem('verilume.light', 'none');
    const element = place('faked-liveness');
    element.light = 'standard';
    element.start('token').catch(() => {});
    expect(core.profile).toBe('none');
    element.cancel();
    element.flashes = 'required';
    element.start('token').catch(() => {});
    expect(core.profile).toBeUndefined();
  });

  it('paints what the core says, in both halves, and clears it at the end', async () => {
    const element = place('faked-liveness');
    element.start('token').catch(() => {});
    await element.updateComplete;
    options.screen.paint({ top: [1, 2, 3], bottom: [4, 5, 6] });
    const light = element.shadowRoot?.querySelector<HTMLElement>('.light');
    const colours = [...(light?.children ?? [])].map((half) => (half as HTMLElement).style.backgroundColor);
    expect(colours).toEqual(['rgb(1 2 3)', 'rgb(4 5 6)']);
    expect(light?.hidden).toBe(false);
    core.end({ outcome: 'canceled' });
    expect(light?.hidden).toBe(true);
  });

  it('offers more time while at least twenty seconds are left to ask for it', async () => {
    vi.useFakeTimers();
    try {
      const element = place('faked-liveness');
      element.start('token').catch(() => {});
      core.enter('align', 30_000);
      const words = (): string => element.shadowRoot?.querySelector('.actions')?.textContent ?? '';
      await vi.advanceTimersByTimeAsync(7000);
      expect(words()).not.toContain('more time');
      await vi.advanceTimersByTimeAsync(1100);
      expect(words()).toContain('more time');
      element.moreTime();
      expect(core.calls.at(-1)).toBe('moreTime');
      element.cancel();
    } finally {
      vi.useRealTimers();
    }
  });

  it('says what is wrong in the language that is asked for, with the page’s own words over it', async () => {
    const element = place('faked-liveness');
    element.texts = { 'hint.too_far': 'Nearer!' };
    element.start('token').catch(() => {});
    core.enter('align', 30_000);
    core.tell({ kind: 'hint', code: 'too_far', urgency: 'brief', sinceMs: 0 });
    await element.updateComplete;
    expect(element.shadowRoot?.querySelector('#stage-title')?.textContent).toContain('Nearer!');
  });
});

describe('<azure-ai-vision-face-ui>', () => {
  it('resolves as Azure’s does', async () => {
    const element = place<FaceLivenessDetector>('faked-azure');
    element.skipInstructions = true;
    element.mediaInfoDeviceId = 'front';
    element.fontSize = '2rem';
    const started = element.start('token');
    expect(options.cameraId).toBe('front');
    expect(element.style.getPropertyValue('--vl-font-size')).toBe('2rem');
    core.end({ outcome: 'finished', resultId: 'r', digest: 'D' });
    expect(await started).toEqual({ resultId: 'r', digest: 'D' });
  });

  it('rejects as Azure’s does', async () => {
    const element = place<FaceLivenessDetector>('faked-azure');
    element.skipInstructions = true;
    const canceled = element.start('token');
    await expect(element.start('token')).rejects.toEqual({ livenessError: 'UnexpectedClientError', recognitionError: 'None' });
    element.cancel();
    await expect(canceled).rejects.toEqual({ livenessError: 'UserCanceledSession', recognitionError: 'None' });
    const failed = element.start('token');
    core.end({
      outcome: 'failed', code: 'FaceWithMaskDetected', livenessError: 'FaceWithMaskDetected', userAction: 'adjust_face',
      retryable: false, message: '',
    });
    await expect(failed).rejects.toEqual({
      livenessError: 'FaceWithMaskDetected',
      recognitionError: 'FaceWithMaskDetected',
    });
  });
});
