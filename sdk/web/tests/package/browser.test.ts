/** What is published, in a browser, with a real camera stream, under the strictest policy that it is promised to work under. */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openBrowser } from '../states/browser.js';
import { serve } from '../states/site.js';

interface Seen {
  states: string[];
  violations: string[];
  tracks: MediaStreamTrack[];
  failure?: { code: string };
}

it('opens the camera and starts the engine, fails for want of a service, and frees the camera', async () => {
  const [browser, site] = await Promise.all([
    openBrowser('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'),
    serve([join(import.meta.dirname, 'page'), join(import.meta.dirname, '../../dist')]),
  ]);
  try {
    const page = await browser.newPage();
    await page.goto(site.address);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('button', { name: 'Schließen' }).click();
    const seen = await page.evaluate(() => {
      const { states, violations, failure, tracks } = (globalThis as unknown as { seen: Seen }).seen;
      return { states, violations, failure, tracks: tracks.map(({ readyState }) => readyState) };
    });
    expect(seen.violations).toEqual([]);
    expect(seen.states).toEqual(['preflight', 'intro', 'permission', 'loading', 'error', 'failed']);
    expect(seen.failure?.code).toBe('connection_lost');
    expect(seen.tracks).toEqual(['ended']);
  } finally {
    await browser.close();
    await site.close();
  }
});
