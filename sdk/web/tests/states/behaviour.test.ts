/** What only a browser shows: focus, keys, the light over the whole window, what a screen reader is told. */

import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from './browser.js';
import { type Site, serve } from './site.js';

let browser: Browser;
let site: Site;
let page: Page;

beforeAll(async () => {
  [browser, site] = await Promise.all([openBrowser(), serve([join(import.meta.dirname, 'site'), join(import.meta.dirname, '../..')])]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});
afterEach(() => page.context().close());

async function open(options: BrowserContextOptions = {}): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
  page = await context.newPage();
  await page.goto(site.address);
  await page.waitForSelector('html[data-ready]');
}

/** The words of what has the focus within the element. */
const focused = (): Promise<string> =>
  page.evaluate(() => {
    const at = document.querySelector('verilume-liveness')?.shadowRoot?.activeElement;
    return (at instanceof HTMLInputElement ? at.value : at?.textContent?.trim()) ?? '';
  });

const state = (): Promise<string> => page.evaluate(() => document.querySelector('verilume-liveness')?.state ?? '');
const heard = (region: string): Promise<string> =>
  page.evaluate((id) => document.querySelector('verilume-liveness')?.shadowRoot?.querySelector(`#${id}`)?.textContent ?? '', region);

/** The colour of a pixel of the window. */
async function colourAt(x: number, y: number): Promise<number[]> {
  const bytes = [...(await page.screenshot({ clip: { x, y, width: 1, height: 1 } }))];
  return page.evaluate(async (png) => {
    const image = await createImageBitmap(new Blob([new Uint8Array(png)], { type: 'image/png' }));
    const context = new OffscreenCanvas(1, 1).getContext('2d');
    context?.drawImage(image, 0, 0);
    return [...(context?.getImageData(0, 0, 1, 1).data ?? [])].slice(0, 3);
  }, bytes);
}

describe('by keys alone', () => {
  it('a person chooses the light, starts, and cancels while the camera is on', async () => {
    await open();
    await page.evaluate(() => window.bring({ state: 'intro' }));
    await page.evaluate(() => {
      document.querySelector('verilume-liveness')?.addEventListener('vl-cancel', (event) => {
        document.title = `canceled by ${event.detail.by}`;
      });
    });
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('standard');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('calm');
    for (let tabs = 0; tabs < 6 && (await focused()) !== 'Start'; tabs++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect([await state(), await page.evaluate(() => window.core()?.profile)]).toEqual(['permission', 'calm']);
    expect(await focused()).toBe('Allow the camera');
    await page.evaluate(() => window.core()?.enter('align', 30_000));
    await page.waitForFunction(() => document.querySelector('verilume-liveness')?.shadowRoot?.activeElement?.id === 'stage-title');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Cancel');
    await page.keyboard.press('Escape');
    expect([await state(), await page.title()]).toEqual(['idle', 'canceled by person']);
  });
});

describe('the light', () => {
  it.each([{}, { forcedColors: 'active' }, { reducedMotion: 'reduce' }] satisfies BrowserContextOptions[])(
    'fills the window, upper and lower half, with exactly the colours that the core says (%j)',
    async (options) => {
      await open({ viewport: { width: 400, height: 800 }, ...options });
      await page.evaluate(() => window.bring({ state: 'flash' }));
      const [top, bottom] = [[255, 39, 39], [39, 255, 255]];
      for (const x of [0, 399]) {
        for (const y of [0, 398]) expect(await colourAt(x, y), `${x} ${y}`).toEqual(top);
        for (const y of [402, 799]) expect(await colourAt(x, y), `${x} ${y}`).toEqual(bottom);
      }
    },
  );

  it('leaves the preview small and near the camera', async () => {
    await open();
    await page.evaluate(() => window.bring({ state: 'flash' }));
    const box = await page.evaluate(() => {
      const video = document.querySelector('verilume-liveness')?.shadowRoot?.querySelector('video');
      const { x, y, width, height } = video?.getBoundingClientRect() ?? new DOMRect();
      return { middle: x + width / 2, bottom: y + height, share: (width * height) / (innerWidth * innerHeight) };
    });
    expect(Math.abs(box.middle - 195)).toBeLessThan(1);
    expect(box.bottom).toBeLessThan(844 / 3);
    expect(box.share).toBeLessThan(0.1);
  });

  it('is calm from the start for those who want less motion', async () => {
    await open({ reducedMotion: 'reduce' });
    await page.evaluate(() => window.bring({ state: 'intro' }));
    const chosen = await page.evaluate(
      () => document.querySelector('verilume-liveness')?.shadowRoot?.querySelector<HTMLInputElement>('input[type=radio]:checked')?.value,
    );
    expect(chosen).toBe('calm');
  });
});

describe('a screen reader', () => {
  it('is told what will happen before it does, what to do now, and that it is over; never a colour', async () => {
    await open();
    await page.evaluate(() => window.bring({ state: 'align', hint: 'too_far' }));
    expect(await heard('stage-about')).toContain('changes its colours');
    await page.waitForFunction(
      () => document.querySelector('verilume-liveness')?.shadowRoot?.querySelector('#polite')?.textContent === 'Come closer',
    );
    await page.evaluate(() => window.core()?.enter('hold', 6000));
    expect(await heard('polite')).toBe('Hold still');
    await page.evaluate(() => window.core()?.enter('flash', 14_000));
    expect([await heard('polite'), await heard('assertive')]).toEqual(['Hold still', '']);
    await page.evaluate(() => window.core()?.enter('checking', 15_000));
    expect(await heard('assertive')).toBe('Checking. You can lower your device now.');
  });
});
