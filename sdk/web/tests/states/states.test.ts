/** Every state, as every kind of person sees it: a picture, and no violation that axe can find. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from './browser.js';
import type { Scene } from './page/main.js';
import { type Site, serve } from './site.js';

const SHOTS = join(import.meta.dirname, 'shots');
const PHONE = { width: 390, height: 844 };

/** Rules that WCAG 2.2 AA is checked by, and what axe recommends beside it. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const SCENES: Record<string, Scene> = {
  intro: { state: 'intro' },
  permission: { state: 'permission' },
  'permission-denied': { state: 'permission-denied' },
  loading: { state: 'loading' },
  align: { state: 'align', hint: 'too_far' },
  'align-moves': { state: 'align', hint: 'off_centre', towards: 'left', escalated: true },
  'align-dark': { state: 'align', hint: 'too_dark', escalated: true },
  hold: { state: 'hold' },
  flash: { state: 'flash' },
  checking: { state: 'checking' },
  retry: { state: 'retry' },
  interrupted: { state: 'interrupted' },
  error: { state: 'error' },
  failed: { state: 'failed' },
  locked: { state: 'locked' },
  unsupported: { state: 'unsupported' },
  done: { state: 'done' },
};

interface Variant {
  readonly context: BrowserContextOptions;
  readonly scene?: Partial<Scene>;
}

const VARIANTS: Record<string, Variant> = {
  light: { context: { colorScheme: 'light' } },
  dark: { context: { colorScheme: 'dark' } },
  'forced-colours': { context: { forcedColors: 'active' } },
  arabic: { context: {}, scene: { locale: 'ar' } },
  'pseudo-locale': { context: {}, scene: { isPseudo: true } },
  narrow: { context: { viewport: { width: 320, height: 568 } } },
  'large-text': { context: {}, scene: { largeText: true } },
  landscape: { context: { viewport: { width: 844, height: 390 } } },
};

let browser: Browser;
let site: Site;

beforeAll(async () => {
  [browser, site] = await Promise.all([openBrowser(), serve([join(import.meta.dirname, 'site'), join(import.meta.dirname, '../..')])]);
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

async function open(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ viewport: PHONE, deviceScaleFactor: 1, ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => expect.unreachable(String(error)));
  await page.goto(site.address);
  await page.waitForSelector('html[data-ready]');
  return page;
}

/** Nothing is wider than the window: no reading in two directions (WCAG 2.2, success criterion 1.4.10). */
async function widthBeyond(page: Page): Promise<number> {
  return page.evaluate(() => {
    const root = document.querySelector('verilume-liveness')?.shadowRoot;
    const dialog = root?.querySelector('dialog');
    const scrolls = [document.documentElement, ...(dialog?.open ? [dialog] : [])];
    return Math.max(...scrolls.map((box) => box.scrollWidth - box.clientWidth));
  });
}

/** Every button, radio button and check box can be hit: 44 px, with the label that belongs to it. */
async function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.querySelector('verilume-liveness')?.shadowRoot;
    const controls = [...(root?.querySelectorAll<HTMLElement>('button, label') ?? [])];
    return controls
      .filter((control) => control.checkVisibility())
      .filter((control) => {
        const { width, height } = control.getBoundingClientRect();
        return width < 43.5 || height < 43.5;
      })
      .map((control) => control.textContent?.trim() ?? '');
  });
}

describe.each(Object.entries(VARIANTS))('%s', (variant, { context, scene }) => {
  let page: Page;
  beforeAll(async () => {
    await mkdir(join(SHOTS, variant), { recursive: true });
    page = await open(context);
  });
  afterAll(async () => {
    expect(await page.evaluate(() => window.violations), 'of the policy').toEqual([]);
    await page.context().close();
  });

  it.each(Object.entries(SCENES))('%s', async (name, here) => {
    await page.evaluate((to) => window.bring(to), { ...here, ...scene });
    await page.screenshot({ path: join(SHOTS, variant, `${name}.png`) });
    const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
    expect(violations.map(({ id, nodes }) => [id, ...nodes.map((node) => node.html)])).toEqual([]);
    expect(await widthBeyond(page)).toBeLessThanOrEqual(0);
    expect(await smallTargets(page)).toEqual([]);
  });
});
