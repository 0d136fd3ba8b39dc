/** A page on which the element can be brought into any state. For tests only: it has no camera and no service. */

import { VerilumeLiveness } from '../../../src/element/verilume-liveness.js';
import type { CaptureOptions, HintCode, Towards } from '../../../src/core/types.js';
import english from '../../../locales/en.json';
import { FakeCore } from '../../fake/fake-core.js';
import { pseudo } from '../../fake/pseudo.js';
import { drawPerson } from './person.js';

/** Where to bring the element, and how. */
export interface Scene {
  state: string;
  hint?: HintCode;
  towards?: Towards;
  escalated?: boolean;
  locale?: string;
  isPseudo?: boolean;
  isMirrored?: boolean;
  largeText?: boolean;
}

let core: FakeCore | undefined;
let paint: CaptureOptions['screen'] | undefined;

class StagedLiveness extends VerilumeLiveness {
  isSupported = true;

  protected override createCore(options: CaptureOptions): FakeCore {
    core = new FakeCore(options.onEvent);
    paint = options.screen;
    if (options.video) options.video.srcObject = drawPerson();
    return core;
  }

  protected override support(): ReturnType<typeof VerilumeLiveness.check> {
    return this.isSupported ? { ok: true, missing: [] } : { ok: false, missing: ['webassembly-simd'] };
  }
}
customElements.define('verilume-liveness', StagedLiveness);

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function bring(scene: Scene): Promise<void> {
  document.documentElement.classList.toggle('large-text', scene.largeText === true);
  document.documentElement.lang = scene.locale ?? 'en';
  const element = new StagedLiveness();
  element.vibration = 'off';
  element.assetsBase = '/';
  element.isSupported = scene.state !== 'unsupported';
  if (scene.locale) element.locale = scene.locale;
  if (scene.isPseudo) element.texts = pseudo(english);
  document.querySelector('#place')?.replaceChildren(element);
  element.start('token').catch(() => {});
  await element.updateComplete;
  if (scene.state !== 'intro' && scene.state !== 'unsupported') {
    element.shadowRoot?.querySelector<HTMLElement>('[part="button"]')?.click();
    reach(scene);
  }
  const isSpoken = (): boolean => element.shadowRoot?.querySelector('section')?.lang === (scene.locale ?? 'en');
  for (let waits = 0; waits < 40 && !isSpoken(); waits++) await wait(50);
  if (!isSpoken()) throw new Error(`the texts of ${scene.locale} have not come`);
  await wait(450);
  await element.updateComplete;
}

function reach(scene: Scene): void {
  const failed = { outcome: 'failed', livenessError: 'Unexpected', message: '' } as const;
  const to = core;
  if (!to) throw new Error('there is no core');
  const { state } = scene;
  if (state === 'permission') return;
  if (state === 'permission-denied') {
    const refused = { livenessError: 'CameraPermissionDenied', userAction: 'allow_camera', retryable: true } as const;
    return to.end({ ...failed, ...refused, code: 'CameraPermissionDenied' });
  }
  to.tell({
    kind: 'camera', stream: null, deviceId: 'front', label: 'Front', facing: 'user', width: 720, height: 960,
    framesPerSecond: 30, mirrorPreview: scene.isMirrored ?? true,
  });
  to.enter('loading', 15_000);
  if (state === 'loading') return to.tell({ kind: 'progress', loadedBytes: 600_000, totalBytes: 1_000_000 });
  to.enter('align', 30_000);
  const { hint, towards, escalated } = scene;
  if (hint) {
    to.tell({ kind: 'hint', code: hint, urgency: escalated ? 'escalated' : 'brief', sinceMs: 0, ...(towards && { towards }) });
  }
  if (state === 'align') return;
  if (state === 'hold' || state === 'flash') {
    to.enter('hold', 6000);
    paint?.paint({ top: [188, 188, 188], bottom: [188, 188, 188] });
    if (state === 'hold') return;
    to.enter('flash', 14_000);
    return paint?.paint({ top: [255, 39, 39], bottom: [39, 255, 255] });
  }
  if (state === 'interrupted') return to.enter('paused', 60_000);
  to.enter('checking', 15_000);
  if (state === 'retry') {
    to.enter('retry', 60_000);
    return to.tell({ kind: 'tryAgain', hint: 'EnvironmentNotSupported', attemptsLeft: 2 });
  }
  if (state === 'done') return to.end({ outcome: 'finished', resultId: 'r', digest: 'D' });
  if (state === 'error') {
    return to.end({ ...failed, code: 'connection_lost', userAction: 'wait_and_try_again', retryable: true });
  }
  if (state === 'failed') {
    return to.end({ ...failed, code: 'SessionNotFound', userAction: 'start_new_session', retryable: false });
  }
  if (state === 'locked') {
    return to.end({ ...failed, code: '429', userAction: 'wait_and_try_again', retryable: true, retryAfterMs: 1_500_000 });
  }
}

declare global {
  interface Window {
    bring: typeof bring;
    /** The core of the element that is in the page. */
    core: () => FakeCore | undefined;
    violations: string[];
  }
}
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
window.bring = bring;
window.core = () => core;
document.documentElement.dataset.ready = 'true';
