/** The light of the screen: two halves behind everything else, painted at the moment that the core says. */

import type { Rgb, ScreenColours, ScreenSurface } from '../core/types.js';

/** Paints by CSS object model: no rule to find, no transition to wait for. */
export class Light implements ScreenSurface {
  constructor(private readonly layer: () => HTMLElement | null) {}

  paint({ top, bottom }: ScreenColours): void {
    const layer = this.layer();
    const [upper, lower] = layer?.children ?? [];
    if (!layer || !upper || !lower) return;
    layer.hidden = false;
    (upper as HTMLElement).style.backgroundColor = cssOf(top);
    (lower as HTMLElement).style.backgroundColor = cssOf(bottom);
  }

  clear(): void {
    const layer = this.layer();
    if (layer) layer.hidden = true;
  }
}

function cssOf([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}
