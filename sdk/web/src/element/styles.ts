/** How it looks. Adopted as a sheet, so that a page's policy against inline styles does not touch it. */

import { css } from 'lit';

/** The custom properties that a page can set are those that begin with `--vl-`; those with `--_` are our own. */
const tokens = css`
  :host {
    --_bg: var(--vl-color-bg, #ffffff);
    --_surface: var(--vl-color-surface, #f4f5f7);
    --_text: var(--vl-color-text, #16181d);
    --_muted: var(--vl-color-text-muted, #565c69);
    --_border: var(--vl-color-border, #7d8494);
    --_accent: var(--vl-color-accent, #2451d6);
    --_on-accent: var(--vl-color-on-accent, #ffffff);
    --_ok: var(--vl-color-ok, #17714a);
    --_warn: var(--vl-color-warn, #8a4b00);
    --_error: var(--vl-color-error, #b3261e);
    --_oval: var(--vl-color-oval, #8b93a3);
    --_oval-active: var(--vl-color-oval-active, #2451d6);
    --_plate: var(--vl-color-plate, #26292f);
    --_on-plate: var(--vl-color-on-plate, #ffffff);
    --_radius: var(--vl-radius, 1.25em);
    --_button-radius: var(--vl-button-radius, 999px);
    --_gap: var(--vl-gap, 1em);
    --_oval-width: var(--vl-oval-width, 1.6);
    --_shadow: var(--vl-shadow, 0 1px 2px rgb(0 0 0 / 6%), 0 8px 24px rgb(0 0 0 / 8%));
    --_motion: var(--vl-motion, 240ms);
    color-scheme: light;
    display: block;
    font: var(--vl-font-size, 1rem) / 1.45 var(--vl-font, system-ui, sans-serif);
    color: var(--_text);
  }

  :host([hidden]) {
    display: none;
  }

  :host([theme='dark']) {
    --_bg: var(--vl-color-bg, #14161a);
    --_surface: var(--vl-color-surface, #1f2228);
    --_text: var(--vl-color-text, #f1f3f7);
    --_muted: var(--vl-color-text-muted, #b3b9c6);
    --_border: var(--vl-color-border, #7d8494);
    --_accent: var(--vl-color-accent, #9db5ff);
    --_on-accent: var(--vl-color-on-accent, #0d1b4d);
    --_ok: var(--vl-color-ok, #7ad3a7);
    --_warn: var(--vl-color-warn, #f2b35e);
    --_error: var(--vl-color-error, #ffb4ab);
    --_oval: var(--vl-color-oval, #7d8494);
    --_oval-active: var(--vl-color-oval-active, #9db5ff);
    --_shadow: var(--vl-shadow, 0 8px 24px rgb(0 0 0 / 40%));
    color-scheme: dark;
  }

  @media (prefers-color-scheme: dark) {
    :host(:not([theme='light'])) {
      --_bg: var(--vl-color-bg, #14161a);
      --_surface: var(--vl-color-surface, #1f2228);
      --_text: var(--vl-color-text, #f1f3f7);
      --_muted: var(--vl-color-text-muted, #b3b9c6);
      --_border: var(--vl-color-border, #7d8494);
      --_accent: var(--vl-color-accent, #9db5ff);
      --_on-accent: var(--vl-color-on-accent, #0d1b4d);
      --_ok: var(--vl-color-ok, #7ad3a7);
      --_warn: var(--vl-color-warn, #f2b35e);
      --_error: var(--vl-color-error, #ffb4ab);
      --_oval: var(--vl-color-oval, #7d8494);
      --_oval-active: var(--vl-color-oval-active, #9db5ff);
      --_shadow: var(--vl-shadow, 0 8px 24px rgb(0 0 0 / 40%));
      color-scheme: dark;
    }
  }
`;

const common = css`
  * {
    box-sizing: border-box;
  }

  [hidden] {
    display: none !important;
  }

  .heard {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  h2 {
    margin: 0;
    font-size: 1.35em;
    font-weight: 650;
    line-height: 1.25;
    letter-spacing: -0.01em;
    text-wrap: balance;
  }

  h2:focus {
    outline: none;
  }

  p {
    margin: 0;
    text-wrap: pretty;
  }

  .told {
    margin-block: 0.35em;
    padding-inline-start: 0.75em;
    border-inline-start: 3px solid var(--_warn);
  }

  .muted {
    color: var(--_muted);
    font-size: 0.875em;
  }

  button {
    min-block-size: 2.75em;
    min-inline-size: 2.75em;
    padding: 0.6em 1.4em;
    border: 1px solid transparent;
    border-radius: var(--_button-radius);
    background: var(--_accent);
    color: var(--_on-accent);
    font: inherit;
    font-weight: 600;
    cursor: pointer;
    touch-action: manipulation;
  }

  button.quiet {
    background: transparent;
    color: var(--_accent);
    border-color: transparent;
    font-weight: 550;
  }

  button:hover {
    filter: brightness(1.08);
  }

  button.quiet:hover {
    text-decoration: underline;
    filter: none;
  }

  :is(button, input):focus-visible {
    outline: 3px solid var(--_accent);
    outline-offset: 3px;
  }

  .actions {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 0.5em;
  }

  svg.icon {
    inline-size: 1.5em;
    block-size: 1.5em;
    flex: none;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.75;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
`;

/** What stands in the page: everything but the camera. */
const card = css`
  .card {
    position: relative;
    display: flex;
    flex-direction: column;
    gap: var(--_gap);
    max-inline-size: 26em;
    margin-inline: auto;
    padding: clamp(1em, 5vw, 1.5em);
    border-radius: var(--_radius);
    background: var(--_bg);
    color: var(--_text);
    box-shadow: var(--_shadow);
    overflow-wrap: anywhere;
  }

  .card.message {
    align-items: center;
    text-align: center;
  }

  .card.message .actions {
    margin-block-start: 0.25em;
  }

  .badge {
    display: grid;
    place-items: center;
    inline-size: 3.5em;
    block-size: 3.5em;
    border-radius: 50%;
    background: var(--_surface);
    color: var(--_accent);
  }

  .badge.ok {
    color: var(--_ok);
  }

  .badge.warn {
    color: var(--_warn);
  }

  .badge.error {
    color: var(--_error);
  }

  ol {
    display: grid;
    gap: 0.6em;
    margin: 0;
    padding: 0;
    list-style: none;
  }

  ol li {
    display: flex;
    gap: 0.75em;
    align-items: flex-start;
  }

  ol svg.icon {
    color: var(--_accent);
  }

  fieldset {
    min-inline-size: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }

  legend {
    padding: 0;
    font-weight: 600;
  }

  fieldset .muted {
    margin-block: 0.25em 0.6em;
  }

  .lights {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(8.5em, 100%), 1fr));
    gap: 0.5em;
  }

  label.choice {
    display: flex;
    gap: 0.6em;
    align-items: flex-start;
    min-block-size: 2.75em;
    padding: 0.6em 0.75em;
    border: 1px solid var(--_border);
    border-radius: 0.75em;
    cursor: pointer;
  }

  label.choice:has(:checked) {
    border-color: var(--_accent);
    box-shadow: inset 0 0 0 1px var(--_accent);
    background: var(--_surface);
  }

  label.choice small {
    display: block;
    color: var(--_muted);
    font-size: 0.8125em;
    line-height: 1.35;
  }

  label.choice input {
    flex: none;
    inline-size: 1.15em;
    block-size: 1.15em;
    margin: 0.15em 0 0;
    accent-color: var(--_accent);
  }

  label.switch {
    border: 0;
    padding-inline: 0;
    align-items: center;
  }

  label.switch:has(:checked) {
    background: none;
    box-shadow: none;
  }

  label.switch input {
    margin: 0;
  }
`;

/** What fills the window: the camera, the light, and one thing to do. */
const stage = css`
  dialog {
    inline-size: 100vw;
    block-size: 100vh;
    block-size: 100dvh;
    max-inline-size: none;
    max-block-size: none;
    margin: 0;
    padding: 0;
    border: 0;
    background: var(--_bg);
    color: var(--_text);
    font: inherit;
    overflow: hidden auto;
    overscroll-behavior: contain;
  }

  dialog::backdrop {
    background: var(--_bg);
  }

  .light {
    position: fixed;
    inset: 0;
    display: grid;
    grid-template-rows: 1fr 1fr;
    forced-color-adjust: none;
    animation: dawn 200ms linear;
  }

  @keyframes dawn {
    from {
      opacity: 0;
    }
  }

  .stage {
    position: relative;
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: var(--_gap);
    min-block-size: 100%;
    padding: max(1.25em, env(safe-area-inset-top)) max(1em, env(safe-area-inset-right))
      max(1em, env(safe-area-inset-bottom)) max(1em, env(safe-area-inset-left));
    overflow-wrap: anywhere;
  }

  .camera {
    position: relative;
    flex: none;
    inline-size: min(66vmin, 38vh, 22em);
    aspect-ratio: 4 / 5;
    transform-origin: top center;
    transition: inline-size var(--_motion) ease;
  }

  .stage.small .camera {
    inline-size: min(36vmin, 21vh, 11em);
  }

  video {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    border-radius: 50%;
    object-fit: cover;
    background: var(--_surface);
  }

  video.mirrored {
    transform: scaleX(-1);
  }

  .oval {
    position: absolute;
    inset: -3%;
    inline-size: 106%;
    block-size: 106%;
    overflow: visible;
    fill: none;
    stroke: var(--_oval);
    stroke-width: var(--_oval-width);
    stroke-linecap: round;
  }

  .oval .closing {
    display: none;
    stroke: var(--_oval-active);
    stroke-dasharray: 100;
  }

  .stage.holds .oval .closing {
    display: inline;
    animation: close var(--_hold-ms, 1000ms) linear both;
  }

  @keyframes close {
    from {
      stroke-dashoffset: 100;
    }
    to {
      stroke-dashoffset: 0;
    }
  }

  .stage.lit .oval {
    stroke: var(--_on-plate);
  }

  .stage.lit .oval .closing {
    stroke: var(--_plate);
  }

  .stage.waits .oval .closing {
    display: inline;
    stroke-dasharray: 22 78;
    animation: round 1.6s linear infinite;
  }

  @keyframes round {
    to {
      stroke-dashoffset: -100;
    }
  }

  .plate {
    display: flex;
    flex-direction: column;
    gap: 0.35em;
    align-items: center;
    inline-size: min(100%, 24em);
    padding: 0.8em 1.1em;
    border-radius: var(--_radius);
    background: var(--_surface);
    color: var(--_text);
    text-align: center;
  }

  .plate h2 {
    font-size: 1.25em;
  }

  .plate .hint {
    display: flex;
    gap: 0.5em;
    align-items: center;
    justify-content: center;
  }

  .stage.rests {
    justify-content: center;
    background: var(--_bg);
  }

  .stage.rests .plate {
    gap: 0.75em;
    background: none;
  }

  .stage.rests .actions {
    margin-block-start: 0;
  }

  .stage.lit .plate {
    background: var(--_plate);
    color: var(--_on-plate);
  }

  .stage .actions {
    margin-block-start: auto;
    padding-block-start: 0.5em;
  }

  .stage.lit .actions button {
    background: var(--_plate);
    color: var(--_on-plate);
  }

  .stage.lit :is(button):focus-visible {
    outline-color: var(--_on-plate);
    box-shadow: 0 0 0 6px var(--_plate);
  }

  .bar {
    inline-size: min(100%, 14em);
    block-size: 0.375em;
    border-radius: 1em;
    background: var(--_border);
    overflow: hidden;
  }

  .bar::before {
    content: '';
    display: block;
    block-size: 100%;
    inline-size: var(--_share, 0%);
    border-radius: inherit;
    background: var(--_accent);
    transition: inline-size var(--_motion) linear;
  }

  @media (orientation: landscape) and (max-height: 30em) {
    .stage:not(.small, .rests) {
      display: grid;
      grid-template-columns: auto 1fr;
      align-items: start;
      justify-items: center;
    }

    .stage:not(.small, .rests) .camera {
      inline-size: min(30vw, 64vh);
      grid-row: 1 / span 3;
    }
  }
`;

const preferences = css`
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before {
      transition: none !important;
    }

    .stage.holds .oval .closing,
    .stage.waits .oval .closing {
      animation: none;
    }
  }

  @media (forced-colors: active) {
    .card,
    .plate {
      border: 1px solid CanvasText;
    }

    button {
      border-color: ButtonText;
    }

    label.choice:has(:checked) {
      outline: 2px solid Highlight;
    }

    .oval {
      stroke: CanvasText;
    }

    .oval .closing {
      stroke: Highlight;
    }

    .bar {
      border: 1px solid CanvasText;
    }

    .bar::before {
      background: Highlight;
      forced-color-adjust: none;
    }

    .stage.lit .plate,
    .stage.lit .actions button {
      forced-color-adjust: none;
      background: Canvas;
      color: CanvasText;
    }
  }
`;

/** All of it. */
export const styles = [tokens, common, card, stage, preferences];
