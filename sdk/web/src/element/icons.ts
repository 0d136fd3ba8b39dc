/** Pictures beside words; none of them says anything that the words do not. */

import { type SVGTemplateResult, type TemplateResult, html, svg } from 'lit';

const icon = (lines: SVGTemplateResult): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${lines}</svg>`;

export const icons = {
  camera: icon(svg`<path d="M4 8h3l1.5-2.5h7L17 8h3v11H4z"/><circle cx="12" cy="13" r="3.5"/>`),
  light: icon(
    svg`<circle cx="12" cy="12" r="4"/><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4"/>`,
  ),
  still: icon(svg`<circle cx="12" cy="8" r="3.5"/><path d="M5 20c.6-4 3.4-6 7-6s6.4 2 7 6"/>`),
  check: icon(svg`<path d="m5 12.5 4.5 4.5L19 7.5"/>`),
  warning: icon(svg`<path d="M12 4 3 19.5h18z"/><path d="M12 10v4.5M12 17v.1"/>`),
  pause: icon(svg`<path d="M9 6v12M15 6v12"/>`),
  clock: icon(svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>`),
  again: icon(svg`<path d="M19 12a7 7 0 1 1-2-4.9L19 9"/><path d="M19 4.5V9h-4.5"/>`),
  left: icon(svg`<path d="M20 12H4M10 6l-6 6 6 6"/>`),
  right: icon(svg`<path d="M4 12h16M14 6l6 6-6 6"/>`),
  up: icon(svg`<path d="M12 20V4M6 10l6-6 6 6"/>`),
  down: icon(svg`<path d="M12 4v16M6 14l6 6 6-6"/>`),
} as const;

/** An icon by its name. */
export type IconName = keyof typeof icons;
