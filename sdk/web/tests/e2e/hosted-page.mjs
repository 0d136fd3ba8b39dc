// The hosted page under its strict policy: nothing is refused by the browser, and nothing leaves it that should not.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import AxeBuilder from '@axe-core/playwright';

import { endingOfPatience, newPage, openCheck, pressStart } from './support/browser.mjs';
import { it as inRealTime } from './support/real-time.mjs';

const PERSON = { seed: 820_000, lux: 200 };

/** Nothing that axe finds fault with. */
async function isAccessible(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
}

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
      assert.deepEqual(problems, []);
      await page.waitForURL('https://shop.example/done?order=7');
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
      await isAccessible(page);
      await service.ask('DELETE', `/face/v1.2/detectLiveness-sessions/${session.sessionId}`);
      const other = await newPage(browser);
      await other.page.goto(url);
      await other.page.getByText('This link cannot be used any more').waitFor();
      await isAccessible(other.page);
      await Promise.all([context.close(), other.context.close()]);
    });

    inRealTime('hands a check from a computer to a phone, and tells the computer when it is over', async () => {
      const { service, browser } = world;
      const session = await service.createSession();
      const computer = await newPage(browser);
      // A name of this machine that counts as another's: no phone could open the address of a loopback.
      const named = service.url.replace('127.0.0.1', 'check.localhost');
      await computer.page.goto(`${named}/c/${session.sessionId}#${session.authToken}`);
      await computer.page.locator('#show-code').click();
      await computer.page.locator('#picture svg').waitFor();
      await isAccessible(computer.page);
      const headers = { authorization: `Bearer ${session.authToken}` };
      const link = await fetch(`${service.url}/api/quicklink`, { method: 'POST', headers });
      const { url } = await link.json();
      const phone = await newPage(browser);
      await openCheck(phone.page, service, session, { camera: PERSON, address: new URL(url, service.url).href });
      await pressStart(phone.page);
      await computer.page.getByText('running on your phone').waitFor();
      const seen = await endingOfPatience(phone.page, 2);
      assert.deepEqual(seen.ends.map(({ kind }) => kind), ['vl-complete']);
      await computer.page.getByText('finished').waitFor();
      await isAccessible(computer.page);
      await Promise.all([computer.context.close(), phone.context.close()]);
    });

    it('says so when there is no token', async () => {
      const { context, page } = await newPage(world.browser);
      await page.goto(`${world.service.url}/c/b12e033e-bda7-4b83-a211-e721c661f30e`);
      await page.getByText('This link cannot be used any more').waitFor();
      await context.close();
    });
  });
}
