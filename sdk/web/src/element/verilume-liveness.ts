/** The element. */

import { LitElement, type PropertyDeclarations, type PropertyValues, type TemplateResult, html } from 'lit';
import { classMap } from 'lit/directives/class-map.js';
import { assetsBaseOf } from '../base.js';
import { Check, type Light as LightChoice } from '../check/check.js';
import {
  type Failure,
  LivenessBusyError,
  LivenessFailure,
  type LivenessResult,
  type Outcome,
  ownFailure,
} from '../check/outcome.js';
import { type CheckState, GIVES_MORE_TIME, STATES } from '../check/states.js';
import { createCapture } from '../core/index.js';
import type { CaptureCore, CaptureOptions, CaptureStats, CoreEvent } from '../core/types.js';
import { type Support, probe } from '../probe.js';
import { Catalogue, type Texts, directionOf, loadCatalogue, localeFor } from '../texts/catalogue.js';
import { recoveryOf } from './browser.js';
import { WakeLock, vibrate } from './cues.js';
import type { VerilumeEventMap } from './events.js';
import { Light } from './light.js';
import { Narrator } from './narrator.js';
import { chosenLight, rememberLight } from './preference.js';
import { styles } from './styles.js';
import { type ViewContext, cardOf, loadedShare, plateOf, stageActionsOf } from './views.js';

/**
 * More time is offered this long before time is over. Origin: WCAG 2.2, success criterion 2.2.1, asks for at least 20 s
 * to extend a limit; and two to hear of it.
 */
const OFFER_TIME_BEFORE_MS = 22_000;

/**
 * A face liveness check. Shows the person what to do, opens the camera, lights the face by the screen and sends the
 * evidence to the service. What was decided it never learns: only the app's own server does.
 *
 * @summary Face liveness check.
 * @tag verilume-liveness
 *
 * @slot logo - Above the title of the start screen.
 * @slot intro - In the place of the three steps of the start screen.
 * @slot consent - In the place of the sentence about what is sent.
 * @slot footer - Below the buttons of the start screen.
 * @slot permission - In the place of the words while the browser asks for the camera.
 * @slot permission-denied - Beside the way to allow a refused camera: another route, for instance.
 * @slot retry - In the place of the tip before another try.
 * @slot done - Below the thanks.
 * @slot error - Below what helps after a failure.
 * @slot locked - Below the time to wait: another route, for instance.
 * @slot unsupported - Below what the browser lacks: another route, for instance.
 *
 * @csspart card - What stands in the page.
 * @csspart stage - What fills the window while the camera is on.
 * @csspart light - The light of the screen. Do not restyle it: it is measured.
 * @csspart video - The preview.
 * @csspart oval - The line around the preview.
 * @csspart plate - The words below the preview.
 * @csspart title - A title, or the hint of the moment.
 * @csspart hint - The hint of the moment.
 * @csspart tips - A longer explanation.
 * @csspart choice - A choice of light.
 * @csspart progress - How much has been loaded.
 * @csspart button - A button.
 * @csspart button-quiet - A button that is not the main one.
 *
 * @cssprop --vl-color-bg - Background.
 * @cssprop --vl-color-surface - Background of what stands out a little.
 * @cssprop --vl-color-text - Text.
 * @cssprop --vl-color-text-muted - Text of less weight.
 * @cssprop --vl-color-border - Lines around choices.
 * @cssprop --vl-color-accent - Main button, links, focus.
 * @cssprop --vl-color-on-accent - Text on the main button.
 * @cssprop --vl-color-ok - Symbol of the end.
 * @cssprop --vl-color-warn - Symbol of what needs attention.
 * @cssprop --vl-color-error - Symbol of a failure.
 * @cssprop --vl-color-oval - Line around the preview.
 * @cssprop --vl-color-oval-active - The same while the person holds still.
 * @cssprop --vl-color-plate - Background of the words in front of the light.
 * @cssprop --vl-color-on-plate - Those words.
 * @cssprop --vl-font - Font family.
 * @cssprop --vl-font-size - Size of the text; everything else follows it.
 * @cssprop --vl-radius - Roundness of cards.
 * @cssprop --vl-button-radius - Roundness of buttons.
 * @cssprop --vl-gap - Space between parts.
 * @cssprop --vl-oval-width - Width of the line around the preview, hundredths of the preview's width.
 * @cssprop --vl-shadow - Shadow of cards.
 * @cssprop --vl-motion - How long movements take.
 *
 * @fires {CustomEvent<ReadyDetail>} vl-ready - The element can be used.
 * @fires {CustomEvent<StateDetail>} vl-state - The check is in another state.
 * @fires {CustomEvent<HintDetail>} vl-hint - The person is told something else.
 * @fires {CustomEvent<AttemptDetail>} vl-attempt - An attempt gave no result and may be repeated.
 * @fires {CustomEvent<ProgressDetail>} vl-progress - How much of the engine has been fetched.
 * @fires {CustomEvent<CameraDetail>} vl-camera - A camera has given its first frame.
 * @fires {CustomEvent<TimingDetail>} vl-timing - How long it took until the person was guided.
 * @fires {CustomEvent<LivenessResult>} vl-complete - The check is finished. Ask your own server for the decision.
 * @fires {CustomEvent<CancelDetail>} vl-cancel - The person, the page or the removal of the element ended the check.
 * @fires {CustomEvent<Failure>} vl-error - The check could not be finished.
 */
export class VerilumeLiveness extends LitElement {
  static override readonly styles = styles;

  static override readonly properties: PropertyDeclarations = {
    token: { type: String },
    endpoint: { type: String },
    locale: { type: String },
    texts: { attribute: false },
    light: { type: String },
    flashes: { type: String },
    startScreen: { type: String, attribute: 'start-screen' },
    cameraId: { type: String, attribute: 'camera-id' },
    lowBandwidth: { type: Boolean, attribute: 'low-bandwidth' },
    assetsBase: { type: String, attribute: 'assets-base' },
    deviceCorrelationId: { type: String, attribute: 'device-correlation-id' },
    userCorrelationId: { type: String, attribute: 'user-correlation-id' },
    theme: { type: String, reflect: true },
    speech: { type: Boolean },
    vibration: { type: String },
  };

  /** The session's token. When it is set in the page, the check starts as soon as the element is in the page. */
  declare token: string | undefined;
  /** The service's address; without it, the one in the token. */
  declare endpoint: string | undefined;
  /** The language, a BCP 47 tag; without it, that of the page, else that of the browser. */
  declare locale: string | undefined;
  /** Texts of the page, by key, over those of the language. */
  declare texts: Texts;
  /** The light to begin with; without it, what the person chose before, else `calm` for those who want less motion. */
  declare light: LightChoice | undefined;
  /** `required`: the choice of no flashes is not offered. Whether it is accepted, the service says in any case. */
  declare flashes: 'required' | undefined;
  /** `off`: no start screen. Then the page itself must tell of the light, and let the person choose. */
  declare startScreen: 'on' | 'off' | undefined;
  /** The `deviceId` of the camera to begin with. */
  declare cameraId: string | undefined;
  /** Sends at most 500 kB an attempt. */
  declare lowBandwidth: boolean;
  /** The folder of languages, worker, WebAssembly and weights; without it, `assets/` beside this module. */
  declare assetsBase: string | undefined;
  /** An identifier of the device, where the app's server leaves it to the client. */
  declare deviceCorrelationId: string | undefined;
  /** An identifier of the person, where the app's server leaves it to the client. */
  declare userCorrelationId: string | undefined;
  /** `light` or `dark`; without it, what the system prefers. */
  declare theme: 'light' | 'dark' | undefined;
  /** Speaks the instructions, where the browser can. The person can change it on the start screen. */
  declare speech: boolean;
  /** `off`: no vibration. */
  declare vibration: 'on' | 'off' | undefined;

  readonly #check = new Check({
    createCore: (onEvent) => this.createCore(this.#coreOptions(onEvent)),
    probe: () => this.support(),
    now: () => performance.now(),
    after: (ms, call) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
    changed: () => this.requestUpdate(),
    entered: (state, previous) => this.#entered(state, previous),
    told: (event) => this.#told(event),
    ended: (outcome) => this.#ended(outcome),
  });
  readonly #light = new Light(() => this.renderRoot.querySelector<HTMLElement>('.light'));
  readonly #wakeLock = new WakeLock();
  readonly #narrator = new Narrator({
    texts: () => this.#catalogue,
    model: () => this.#check.model,
    write: (region, words) => {
      const element = this.renderRoot.querySelector(`#${region}`);
      if (element) element.textContent = words;
    },
  });
  #catalogue = new Catalogue('en');
  #settle: { resolve(result: LivenessResult): void; reject(error: Error): void } | undefined;
  #timeOffer: ReturnType<typeof setTimeout> | undefined;
  #offersTime = false;
  #hasOtherCamera = false;
  #enteredAt = 0;
  #shown: CheckState = 'idle';
  #hadFocus = false;
  #coreMadeFor = '';
  #startedToken: string | undefined;

  constructor() {
    super();
    this.texts = {};
    this.lowBandwidth = false;
    this.speech = false;
  }

  /** What the browser lacks for a check; asks the person for nothing. */
  static check(): Support {
    return probe();
  }

  /** Where the check is. */
  get state(): CheckState {
    return this.#check.state;
  }

  /** Whether a check runs: after `start` and before its one event of the end. */
  get isRunning(): boolean {
    return this.#check.isRunning;
  }

  /** What the check that runs, or the last one, did: frames that came, that were looked at, and how long that took. */
  get stats(): CaptureStats | undefined {
    return this.#check.stats;
  }

  /**
   * Starts a check. Resolves when it is finished, with what the app's own server needs to find the result; rejects with a
   * {@link LivenessFailure}. Rejects with a {@link LivenessBusyError}, and leaves the running check alone, if there is
   * one.
   *
   * @param token - The session's token; without it, the property `token`.
   */
  start(token = this.token): Promise<LivenessResult> {
    if (this.#check.isRunning) return Promise.reject(new LivenessBusyError());
    if (!token) return Promise.reject(refused('InvalidToken', 'There is no token: give start() the session’s token.'));
    if (!this.isConnected) {
      return Promise.reject(refused('Unexpected', 'The element is not in the page: append it before start().'));
    }
    if (!this.hasUpdated) this.performUpdate();
    this.#renewCore();
    this.#startedToken = token;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#narrator.voice.isOn = this.speech;
      const hasIntro = this.startScreen !== 'off';
      this.#check.start({ token, hasIntro, light: chosenLight(this.light, this.flashes !== 'required') });
    });
  }

  /** Ends the running check. */
  cancel(): void {
    this.#check.cancel('page');
  }

  /** Tries again, where the person is offered it. */
  retry(light?: LightChoice): void {
    this.#check.again(light);
  }

  /** Gives the person more time to get into place, or to read before the next try. Works ten times. */
  moreTime(): void {
    this.#check.moreTime();
  }

  /** Takes the next camera, or the one with this `deviceId`. */
  switchCamera(deviceId?: string): Promise<void> {
    return this.#check.switchCamera(deviceId);
  }

  /** Makes the headless core. Tests put another one in its place. */
  protected createCore(options: CaptureOptions): CaptureCore {
    return createCapture(options);
  }

  /** What the browser lacks. */
  protected support(): Support {
    return probe();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#loadTexts();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#check.dispose('removal');
    this.#narrator.stop();
  }

  protected override firstUpdated(): void {
    this.#emit('vl-ready', { support: this.support() });
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    // What has the focus may be gone after the update.
    this.#hadFocus = this.shadowRoot?.activeElement != null;
    if (changed.has('locale') || changed.has('assetsBase')) void this.#loadTexts();
    if (changed.has('texts')) this.#catalogue = this.#catalogue.with(this.texts);
  }

  protected override updated(changed: PropertyValues<this>): void {
    this.#followState();
    if (changed.has('token') && this.token && this.token !== this.#startedToken && !this.isRunning) {
      // The outcome is told by events; nobody holds this promise.
      this.start().catch(() => {});
    }
  }

  protected override render(): TemplateResult {
    const view = this.#view();
    const { state, model, texts } = view;
    const { locale } = texts;
    const direction = directionOf(locale);
    const rests = state === 'retry' || state === 'interrupted';
    const isLit = state === 'hold' || state === 'flash';
    const classes = {
      lit: isLit,
      small: isLit || state === 'checking',
      holds: state === 'hold',
      waits: state === 'loading' || state === 'checking',
      rests,
    };
    const about = model.light === 'none' ? 'stage.about.steady' : 'stage.about';
    return html`
      <section lang=${locale} dir=${direction} aria-label=${texts.text('label')}>${cardOf(view)}</section>
      <dialog
        lang=${locale}
        dir=${direction}
        aria-labelledby="stage-title"
        aria-describedby="stage-about"
        @cancel=${this.#onEscape}
      >
        <div class="light" part="light" aria-hidden="true" hidden><div></div><div></div></div>
        <div class="stage ${classMap(classes)}" part="stage">
          <div class="camera" ?hidden=${rests}>
            <video
              part="video"
              class=${model.camera?.mirrorPreview === false ? '' : 'mirrored'}
              aria-hidden="true"
              playsinline
              autoplay
              .muted=${true}
            ></video>
            <svg class="oval" part="oval" viewBox="0 0 100 125" aria-hidden="true">
              <ellipse cx="50" cy="62.5" rx="50" ry="62.5" />
              <path class="closing" pathLength="100" d="M50 0a50 62.5 0 0 1 0 125a50 62.5 0 0 1 0-125" />
            </svg>
          </div>
          <div class="plate" part="plate">${plateOf(view)}</div>
          ${stageActionsOf(view)}
        </div>
        <p id="stage-about" class="heard">${texts.text(about)}</p>
        <div id="polite" class="heard" aria-live="polite"></div>
        <div id="assertive" class="heard" role="alert"></div>
      </dialog>
    `;
  }

  #view(): ViewContext {
    return {
      state: this.#check.state,
      model: this.#check.model,
      texts: this.#catalogue,
      recovery: recoveryOf(navigator.userAgent, navigator.maxTouchPoints),
      offersNoFlashes: this.flashes !== 'required' && !this.#check.model.isLightRefused,
      speaks: this.#narrator.voice.isAvailable ? this.#narrator.voice.isOn : undefined,
      offersTime: this.#offersTime,
      hasOtherCamera: this.#hasOtherCamera,
      act: this.#actions,
    };
  }

  readonly #actions: ViewContext['act'] = {
    begin: () => this.#check.begin(),
    cancel: () => this.#check.cancel('person'),
    again: () => this.#check.again(),
    withoutFlashes: () => this.#choose('none', () => this.#check.again('none')),
    choose: (light) => this.#choose(light, () => this.#check.choose(light)),
    speak: (isOn) => {
      this.#narrator.voice.isOn = isOn;
      this.requestUpdate();
    },
    moreTime: () => this.#check.moreTime(),
    // A camera that does not start ends the capture, which says so.
    otherCamera: () => void this.#check.switchCamera().catch(() => {}),
    resume: () => this.#check.resume(),
  };

  #choose(light: LightChoice, then: () => void): void {
    rememberLight(light);
    then();
  }

  /** A core keeps the settings that it was made with. */
  #renewCore(): void {
    const { assetsBase, endpoint, cameraId, lowBandwidth, deviceCorrelationId, userCorrelationId } = this;
    const madeFor = JSON.stringify([
      assetsBase, endpoint, cameraId, lowBandwidth, deviceCorrelationId, userCorrelationId,
    ]);
    if (madeFor !== this.#coreMadeFor) this.#check.dispose('page');
    this.#coreMadeFor = madeFor;
  }

  #coreOptions(onEvent: (event: CoreEvent) => void): CaptureOptions {
    const video = this.renderRoot.querySelector('video');
    return {
      assetsBase: assetsBaseOf(this.assetsBase),
      lowBandwidth: this.lowBandwidth,
      screen: this.#light,
      onEvent,
      ...(video && { video }),
      ...(this.endpoint && { endpoint: this.endpoint }),
      ...(this.cameraId && { cameraId: this.cameraId }),
      ...(this.deviceCorrelationId && { deviceCorrelationId: this.deviceCorrelationId }),
      ...(this.userCorrelationId && { userCorrelationId: this.userCorrelationId }),
    };
  }

  #entered(state: CheckState, previous: CheckState): void {
    const now = performance.now();
    this.#emit('vl-state', { state, previous, sinceMs: now - this.#enteredAt });
    this.#enteredAt = now;
    this.#wakeLock.want(STATES[state].mayUseCamera);
    this.#withdrawTime();
    if (state === 'hold') {
      if (this.vibration !== 'off') vibrate('short');
      this.#setHold();
    }
    this.#narrator.entered(state);
  }

  /** The line around the preview closes while the grey stands. */
  #setHold(): void {
    const ms = Math.max(500, (this.#check.model.endsAtMs ?? 0) - performance.now() - HOLD_SLACK_MS);
    this.renderRoot.querySelector<HTMLElement>('.stage')?.style.setProperty('--_hold-ms', `${Math.min(ms, 3000)}ms`);
  }

  #told(event: CoreEvent): void {
    const { model } = this.#check;
    switch (event.kind) {
      case 'state':
        if (GIVES_MORE_TIME.has(this.state)) this.#offerTimeBefore(event.endsAtMs);
        break;
      case 'hint':
        if (this.state === 'align') this.#narrator.hinted();
        this.#emit('vl-hint', {
          code: event.code,
          ...(event.towards && { towards: event.towards }),
          isEscalated: event.urgency === 'escalated',
        });
        break;
      case 'camera': {
        const { label, facing, width, height, framesPerSecond } = event;
        this.#emit('vl-camera', { label, facing, width, height, framesPerSecond });
        void this.#countCameras();
        break;
      }
      case 'progress': {
        const value = loadedShare(model) ?? 1;
        this.renderRoot.querySelector<HTMLElement>('.stage')?.style.setProperty('--_share', `${value * 100}%`);
        this.#emit('vl-progress', { phase: 'engine', value });
        break;
      }
      case 'tryAgain':
        this.#emit('vl-attempt', {
          attemptsLeft: event.attemptsLeft,
          ...(event.hint && { hint: event.hint }),
        });
        this.#narrator.offersRetry();
        break;
      case 'timing': {
        const { kind: _kind, ...times } = event;
        this.#emit('vl-timing', times);
        break;
      }
      default:
        break;
    }
  }

  #offerTimeBefore(endsAtMs: number | undefined): void {
    this.#withdrawTime();
    if (endsAtMs === undefined) return;
    this.#timeOffer = setTimeout(
      () => {
        this.#offersTime = true;
        this.#narrator.offersTime();
        this.requestUpdate();
      },
      Math.max(0, endsAtMs - performance.now() - OFFER_TIME_BEFORE_MS),
    );
  }

  #withdrawTime(): void {
    clearTimeout(this.#timeOffer);
    this.#offersTime = false;
  }

  async #countCameras(): Promise<void> {
    this.#hasOtherCamera = (await this.#check.cameraCount().catch(() => 0)) > 1;
    this.requestUpdate();
  }

  /** The only place that tells the page of an end. */
  #ended(outcome: Outcome): void {
    this.#light.clear();
    this.#withdrawTime();
    if (outcome.kind === 'complete') this.#narrator.finish();
    else this.#narrator.stop();
    const settle = this.#settle;
    this.#settle = undefined;
    switch (outcome.kind) {
      case 'complete': {
        const { resultId, digest } = outcome;
        if (this.vibration !== 'off') vibrate('long');
        this.#emit('vl-complete', { resultId, digest });
        settle?.resolve({ resultId, digest });
        break;
      }
      case 'cancel':
        this.#emit('vl-cancel', { by: outcome.by });
        settle?.reject(refused('UserCanceledSession', `The check was canceled by the ${outcome.by}.`));
        break;
      case 'error':
        this.#emit('vl-error', outcome.failure);
        settle?.reject(new LivenessFailure(outcome.failure));
    }
  }

  /** Opens or closes what fills the window, and moves the focus to what is new. */
  #followState(): void {
    const { state } = this.#check;
    const dialog = this.renderRoot.querySelector('dialog');
    if (!dialog || state === this.#shown) return;
    const previous = this.#shown;
    this.#shown = state;
    const { fillsWindow } = STATES[state];
    const hadFocus = this.#hadFocus || dialog.open;
    if (fillsWindow && !dialog.open) dialog.showModal();
    if (!fillsWindow && dialog.open) dialog.close();
    const isNewTask = fillsWindow !== STATES[previous].fillsWindow || state === 'retry' || state === 'interrupted';
    if (!(fillsWindow ? isNewTask : hadFocus)) return;
    this.renderRoot.querySelector<HTMLElement>(fillsWindow ? '#stage-title' : 'section h2')?.focus();
  }

  readonly #onEscape = (event: Event): void => {
    event.preventDefault();
    this.#check.cancel('person');
  };

  async #loadTexts(): Promise<void> {
    const wanted = [this.locale, document.documentElement.lang, ...navigator.languages].filter((tag) => !!tag) as string[];
    const locale = localeFor(this.locale ? [this.locale] : wanted);
    const catalogue = await loadCatalogue(locale, assetsBaseOf(this.assetsBase));
    this.#catalogue = catalogue.with(this.texts);
    this.requestUpdate();
  }

  #emit<Name extends keyof VerilumeEventMap>(name: Name, detail: VerilumeEventMap[Name]['detail']): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

/** What the core gives the hold beyond what it takes; the line must have closed before. */
const HOLD_SLACK_MS = 5000;

function refused(code: Parameters<typeof ownFailure>[0], message: string): LivenessFailure {
  return new LivenessFailure(ownFailure(code, message));
}

declare global {
  interface HTMLElementTagNameMap {
    'verilume-liveness': VerilumeLiveness;
  }
}

export type { Failure };
