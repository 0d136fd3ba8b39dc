/** What each state shows. */

import { type TemplateResult, html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import type { CheckModel, Light } from '../check/check.js';
import { type CheckState, GIVES_MORE_TIME } from '../check/states.js';
import type { Catalogue, TextKey } from '../texts/catalogue.js';
import { adviceOf, guidanceOf, tipOf } from './guidance.js';
import { type IconName, icons } from './icons.js';

/** What a view is made of. */
export interface ViewContext {
  readonly state: CheckState;
  readonly model: Readonly<CheckModel>;
  readonly texts: Catalogue;
  /** How a refused camera is allowed here. */
  readonly recovery: TextKey;
  readonly offersNoFlashes: boolean;
  readonly speaks: boolean | undefined;
  /** Whether the person is offered more time. */
  readonly offersTime: boolean;
  readonly hasOtherCamera: boolean;
  readonly act: Actions;
}

/** What a person can do. */
export interface Actions {
  readonly begin: () => void;
  readonly cancel: () => void;
  readonly again: () => void;
  readonly withoutFlashes: () => void;
  readonly choose: (light: Light) => void;
  readonly speak: (isOn: boolean) => void;
  readonly moreTime: () => void;
  readonly otherCamera: () => void;
  readonly resume: () => void;
}

/** What stands in the page in a state; nothing while the camera fills the window. */
export function cardOf(view: ViewContext): TemplateResult | typeof nothing {
  switch (view.state) {
    case 'intro':
      return intro(view);
    case 'permission':
      return permission(view);
    case 'permission-denied':
      return denied(view);
    case 'error':
    case 'failed':
      return failed(view);
    case 'locked':
      return locked(view);
    case 'unsupported':
      return unsupported(view);
    case 'done':
      return message(view, 'check', 'ok', 'done.title', 'done.body', html`<slot name="done"></slot>`);
    default:
      return nothing;
  }
}

const LIGHTS: readonly Light[] = ['standard', 'calm', 'soft', 'none'];

function intro({ texts, model, offersNoFlashes, speaks, act }: ViewContext): TemplateResult {
  const step = (icon: IconName, key: TextKey): TemplateResult => html`<li>${icons[icon]}<span>${texts.text(key)}</span></li>`;
  return html`
    <div class="card" part="card">
      <slot name="logo"></slot>
      <h2 part="title" tabindex="-1">${texts.text('intro.title')}</h2>
      <slot name="intro">
        <ol role="list">
          ${step('camera', 'intro.step.camera')} ${step('still', 'intro.step.still')}
          ${model.light === 'none' ? nothing : step('light', 'intro.step.light')}
        </ol>
      </slot>
      <fieldset aria-describedby="light-warning">
        <legend>${texts.text('light.title')}</legend>
        ${model.isLightRefused ? html`<p class="told" role="alert">${texts.text('light.required')}</p>` : nothing}
        <p id="light-warning" class="muted">${texts.text('light.warning')}</p>
        <div class="lights">
          ${LIGHTS.filter((light) => offersNoFlashes || light !== 'none').map((light) => choice(light, model, texts, act))}
        </div>
      </fieldset>
      ${speaks === undefined
        ? nothing
        : html`<label class="choice switch">
            <input type="checkbox" .checked=${live(speaks)} @change=${(event: Event) => act.speak(isChecked(event))} />
            <span>${texts.text('speech.toggle')}</span>
          </label>`}
      <p class="muted"><slot name="consent">${texts.text('intro.privacy')}</slot></p>
      <div class="actions">
        ${button(texts.text('cancel'), act.cancel, true)} ${button(texts.text('intro.start'), act.begin)}
      </div>
      <slot name="footer"></slot>
    </div>
  `;
}

function choice(light: Light, model: Readonly<CheckModel>, texts: Catalogue, act: Actions): TemplateResult {
  return html`<label class="choice" part="choice">
    <input
      type="radio"
      name="light"
      value=${light}
      .checked=${live(model.light === light)}
      @change=${() => act.choose(light)}
    />
    <span>${texts.text(`light.${light}`)}<small>${texts.text(`light.${light}.about`)}</small></span>
  </label>`;
}

function permission({ texts, act }: ViewContext): TemplateResult {
  return html`<div class="card message" part="card">
    <div class="badge">${icons.camera}</div>
    <h2 part="title" tabindex="-1">${texts.text('permission.title')}</h2>
    <p><slot name="permission">${texts.text('permission.body')}</slot></p>
    <div class="actions">${button(texts.text('cancel'), act.cancel, true)}</div>
  </div>`;
}

function denied({ texts, recovery, act }: ViewContext): TemplateResult {
  return html`<div class="card message" part="card">
    <div class="badge warn">${icons.camera}</div>
    <h2 part="title" tabindex="-1">${texts.text('denied.title')}</h2>
    <p>${texts.text('denied.body')}</p>
    <p part="tips">${texts.text(recovery)}</p>
    <slot name="permission-denied"></slot>
    <div class="actions">
      ${button(texts.text('close'), act.cancel, true)} ${button(texts.text('denied.again'), act.again)}
    </div>
  </div>`;
}

function failed({ texts, model, state, act }: ViewContext): TemplateResult {
  const { failure } = model;
  return html`<div class="card message" part="card">
    <div class="badge error">${icons.warning}</div>
    <h2 part="title" tabindex="-1">${texts.text('error.title')}</h2>
    ${failure && html`<p part="tips">${texts.text(adviceOf(failure))}</p>`}
    <slot name="error"></slot>
    ${state === 'error'
      ? html`<div class="actions">
          ${button(texts.text('close'), act.cancel, true)} ${button(texts.text('retry.again'), act.again)}
        </div>`
      : nothing}
    ${failure && html`<p class="muted">${texts.text('error.code', { code: failure.code })}</p>`}
  </div>`;
}

function locked({ texts, model }: ViewContext): TemplateResult {
  const time = texts.wait(model.failure?.retryAfterMs ?? 0);
  return html`<div class="card message" part="card">
    <div class="badge warn">${icons.clock}</div>
    <h2 part="title" tabindex="-1">${texts.text('locked.title')}</h2>
    <p>${texts.text('locked.body', { time })}</p>
    <slot name="locked"></slot>
  </div>`;
}

function unsupported({ texts, model }: ViewContext): TemplateResult {
  const key: TextKey = model.missing.includes('secure-context')
    ? 'unsupported.secure'
    : model.missing.includes('camera')
      ? 'unsupported.camera'
      : 'unsupported.body';
  return html`<div class="card message" part="card">
    <div class="badge warn">${icons.warning}</div>
    <h2 part="title" tabindex="-1">${texts.text('unsupported.title')}</h2>
    <p>${texts.text(key)}</p>
    <slot name="unsupported"></slot>
  </div>`;
}

function message(
  { texts }: ViewContext,
  icon: IconName,
  tone: 'ok' | 'warn',
  title: TextKey,
  body: TextKey,
  more: TemplateResult,
): TemplateResult {
  return html`<div class="card message" part="card">
    <div class="badge ${tone}">${icons[icon]}</div>
    <h2 part="title" tabindex="-1">${texts.text(title)}</h2>
    <p>${texts.text(body)}</p>
    ${more}
  </div>`;
}

/** What is written below the camera while it fills the window. One heading for all states: what has focus stays. */
export function plateOf(view: ViewContext): TemplateResult {
  const { title, badge, arrow, rest } = plateWords(view);
  return html`${badge ? html`<div class="badge">${icons[badge]}</div>` : nothing}
    <h2 id="stage-title" part="title hint" class="hint" tabindex="-1">
      ${arrow ? icons[arrow] : nothing}<span>${title}</span>
    </h2>
    ${rest}`;
}

interface PlateWords {
  readonly title: string;
  readonly badge?: IconName;
  readonly arrow?: IconName | undefined;
  readonly rest?: unknown;
}

function plateWords(view: ViewContext): PlateWords {
  const { state, texts, model } = view;
  switch (state) {
    case 'align':
      return hinted(view);
    case 'hold':
      return { title: texts.text('hold.title') };
    case 'flash':
      return { title: texts.text('flash.title') };
    case 'checking':
      return { title: texts.text('checking.title'), rest: html`<p>${texts.text('checking.body')}</p>` };
    case 'retry':
      return {
        title: texts.text('retry.title'),
        badge: 'again',
        rest: html`<slot name="retry"><p part="tips">${texts.text(tipOf(model.retry?.hint))}</p></slot>
          <p class="muted">${texts.triesLeft(model.retry?.attemptsLeft ?? 1)}</p>`,
      };
    case 'interrupted':
      return {
        title: texts.text('interrupted.title'),
        badge: 'pause',
        rest: html`<p>${texts.text('interrupted.body')}</p>`,
      };
    default:
      return { title: texts.text('loading.title'), rest: progress(view) };
  }
}

function hinted({ texts, model }: ViewContext): PlateWords {
  const said = model.hint && guidanceOf(model.hint, model.camera?.mirrorPreview ?? true);
  return {
    title: texts.text(said?.brief ?? 'align.title'),
    arrow: said?.arrow,
    rest: said?.more ? html`<p part="tips">${texts.text(said.more)}</p>` : nothing,
  };
}

function progress({ texts, model }: ViewContext): TemplateResult | typeof nothing {
  const share = loadedShare(model);
  if (share === undefined) return nothing;
  return html`<div
    class="bar"
    part="progress"
    role="progressbar"
    aria-labelledby="stage-title"
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${Math.round(share * 100)}
    aria-valuetext=${texts.text('loading.progress', { percent: texts.percent(share) })}
  ></div>`;
}

/** How much of the engine has been fetched; `undefined` while nothing is known. */
export function loadedShare({ progress }: Readonly<CheckModel>): number | undefined {
  if (!progress || progress.totalBytes <= 0 || progress.loadedBytes >= progress.totalBytes) return undefined;
  return progress.loadedBytes / progress.totalBytes;
}

/** What a person can do while the camera fills the window. */
export function stageActionsOf(view: ViewContext): TemplateResult {
  const { state, texts, act, offersTime, hasOtherCamera, offersNoFlashes, model } = view;
  return html`<div class="actions">
    ${state === 'retry' ? button(texts.text('retry.again'), act.again) : nothing}
    ${state === 'retry' && offersNoFlashes && model.light !== 'none'
      ? button(texts.text('retry.without_flashes'), act.withoutFlashes, true)
      : nothing}
    ${state === 'interrupted' ? button(texts.text('interrupted.resume'), act.resume) : nothing}
    ${GIVES_MORE_TIME.has(state) && offersTime ? button(texts.text('align.more_time'), act.moreTime, true) : nothing}
    ${state === 'align' && hasOtherCamera ? button(texts.text('align.switch_camera'), act.otherCamera, true) : nothing}
    ${button(texts.text('cancel'), act.cancel, true)}
  </div>`;
}

function button(words: string, press: () => void, isQuiet = false): TemplateResult {
  return html`<button
    type="button"
    part=${isQuiet ? 'button button-quiet' : 'button'}
    class=${isQuiet ? 'quiet' : ''}
    @click=${press}
  >
    ${words}
  </button>`;
}

function isChecked(event: Event): boolean {
  return (event.target as HTMLInputElement).checked;
}
