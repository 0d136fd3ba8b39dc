// What a newcomer does: from the address that the demo prints to a finished check, in two clicks.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';

import AxeBuilder from '@axe-core/playwright';

import { newPage, pressStart } from './support/browser.mjs';
import { it } from './support/real-time.mjs';
import { ROOT, startDemo } from './support/service.mjs';

const WINDOW = { width: 1280, height: 900 };
/** What the page may have drawn by then. */
const WITHIN_MS = 60_000;
const PICTURE = join(ROOT, 'out/playground.png');

export function playground(world) {
  describe('playground', () => {
    it('takes a newcomer to a finished check, and shows what it rests on', async () => {
      const demo = await startDemo();
      const { context, page, problems } = await newPage(world.browser, { viewport: WINDOW });
      try {
        await page.goto(demo.url);
        await page.getByRole('button', { name: 'A simulated person' }).click();
        await pressStart(page);
        await page.locator('#decision').waitFor({ timeout: WITHIN_MS });
        const decision = await page.locator('#result > div').getAttribute('data-decision');
        console.log(`playground: a simulated person is ${decision}`);
        assert.ok(['realface', 'uncertain'].includes(decision), decision);
        assert.ok((await page.locator('#result tbody tr').count()) > 10, 'each signal against its threshold');
        const map = page.locator('#result img');
        await map.scrollIntoViewIfNeeded();
        await page.waitForFunction(() => document.querySelector('#result img')?.naturalWidth > 0);
        assert.ok((await page.locator('#course svg text').count()) > 3, 'the course of the check');
        assert.ok((await page.locator('#calls li').count()) >= 3, 'what the app server sent');
        assert.deepEqual(problems, []);
        const { violations } = await new AxeBuilder({ page }).analyze();
        assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
        mkdirSync(join(ROOT, 'out'), { recursive: true });
        await page.screenshot({ path: PICTURE, fullPage: true });
      } finally {
        await context.close();
        demo.stop();
      }
    });
  });
}
