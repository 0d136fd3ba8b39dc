// The hosted page under its strict policy: nothing is refused by the browser, and nothing leaves it that should not.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { endingOfPatience, newPage, openCheck, pressStart } from './support/browser.mjs';

const PERSON = { seed: 820_000, lux: 200 };

export function hostedPage(world) {
  describe('hosted page', () => {
    it('carries a whole check under its policy, sends the token nowhere in the open, and returns the person', async () => {
      const { service, browser } = world;
      const session = await service.createSession();
      const { context, page, problems } = await newPage(browser);
      const addresses = [];
      page.on('request', (request) => addresses.push(request.url()));
      await page.route('https://shop.example/**', (route) => route.fulfill({ body: 'back' }));
      await page.addInitScript(() => {
        globalThis.violations = [];
        document.addEventListener('securitypolicyviolation', (event) => globalThis.violations.push(event.violatedDirective));
      });
      const original = service.url;
      const back = encodeURIComponent('https://shop.example/done?order=7');
      // The address that an app makes of its own accord.
      session.sessionId += `?callbackUrl=${back}`;
      await openCheck(page, service, session, { camera: PERSON });
      await pressStart(page);
      assert.ok(!page.url().includes(session.authToken), 'the token has left the address bar');
      const seen = await endingOfPatience(page, 2);
      assert.deepEqual(seen.ends.map(({ kind }) => kind), ['vl-complete']);
      assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
      const text = await page.locator('body').innerText();
      assert.ok(!/realface|spoof|score|real/i.test(text), text);
      assert.ok(addresses.every((address) => !address.includes(session.authToken)), 'no address has the token');
      assert.ok(addresses.every((address) => address.startsWith(original) || address.startsWith('blob:')), addresses.join('\n'));
      await page.waitForURL('https://shop.example/done?order=7');
      assert.deepEqual(problems, []);
      await context.close();
    });

    it('opens a quick link, also after it was looked at, and refuses it when it is used up', async () => {
      const { service, browser } = world;
      const session = await service.createSession();
      const { url } = await service.ask('POST', `/v1/sessions/${session.sessionId}/quicklink`);
      assert.equal((await fetch(url)).status, 200);
      const { context, page } = await newPage(browser);
      await page.goto(url);
      await page.locator('verilume-liveness').getByRole('button', { name: 'Start' }).waitFor();
      await service.ask('DELETE', `/face/v1.2/detectLiveness-sessions/${session.sessionId}`);
      const other = await newPage(browser);
      await other.page.goto(url);
      await other.page.getByText('This link cannot be used any more').waitFor();
      await Promise.all([context.close(), other.context.close()]);
    });

    it('says so when there is no token', async () => {
      const { context, page } = await newPage(world.browser);
      await page.goto(`${world.service.url}/c/b12e033e-bda7-4b83-a211-e721c661f30e`);
      await page.getByText('This link cannot be used any more').waitFor();
      await context.close();
    });
  });
}
