// What goes wrong on the way: whatever it is, the element tells exactly one end, the camera is off, and nothing hangs.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { ending, newPage, openCheck, pressStart, reached, record } from './support/browser.mjs';
import { it } from './support/real-time.mjs';

const PERSON = { seed: 830_000, lux: 200 };
/** The slow network of Chromium's tools: 400 kbit/s each way, 2 s of delay. */
const SLOW_3G = { offline: false, latency: 2000, downloadThroughput: 50_000, uploadThroughput: 50_000 };

export function disturbances(world) {
  /** A check of a simulated person, up to a state; then what happens to it, and what is told in the end. */
  async function disturbed(state, disturb, withinMs) {
    const session = await world.service.createSession({ numberOfClientAttemptsAllowed: 3 });
    const { context, page } = await newPage(world.browser);
    try {
      await openCheck(page, world.service, session, { camera: PERSON });
      if (state !== 'intro') await pressStart(page);
      await reached(page, state);
      await disturb({ context, page, session });
      const seen = await ending(page, withinMs);
      // Nothing may follow it.
      await page.waitForTimeout(300);
      const later = await record(page);
      assert.equal(later.ends.length, 1, 'exactly one terminal event');
      assert.equal(later.live, 0, 'the camera is off');
      return { ...seen, end: seen.ends[0].kind, code: seen.ends[0].detail.code, session, page };
    } finally {
      await context.close();
    }
  }

  const element = (page) => page.locator('verilume-liveness');
  const cancel = ({ page }) => element(page).evaluate((check) => check.cancel());
  const offline = ({ context }) => context.setOffline(true);

  describe('disturbances', () => {
    for (const state of ['intro', 'permission', 'loading', 'align', 'hold', 'flash', 'checking']) {
      it(`a person cancels in the state ${state}`, async () => {
        const { end } = await disturbed(state, cancel);
        // The service may have decided before the person's finger came down.
        const ends = state === 'checking' ? ['vl-cancel', 'vl-complete'] : ['vl-cancel'];
        assert.ok(ends.includes(end), end);
      });
    }

    for (const state of ['align', 'flash']) {
      it(`the network is cut in the state ${state}`, async () => {
        const { end, code } = await disturbed(state, async (check) => {
          await offline(check);
          await giveUp(check.page);
        });
        // Nothing says that it is cut: nothing comes any more.
        assert.deepEqual([end, code], ['vl-error', 'server_silent']);
      });
    }

    it('the service is restarted within the flashes', async () => {
      const { end, code, session } = await disturbed('flash', async ({ page }) => {
        await world.service.kill();
        await world.service.run();
        await giveUp(page);
      });
      assert.deepEqual([end, code], ['vl-error', 'connection_lost']);
      const [attempt] = (await world.service.readSession(session.sessionId)).results.attempts;
      assert.equal(attempt?.result, undefined, 'what was cut off is not decided');
    });

    it('the network is slow', async () => {
      const { end } = await disturbed(
        'intro',
        async ({ context, page }) => {
          const devtools = await context.newCDPSession(page);
          await devtools.send('Network.enable');
          await devtools.send('Network.emulateNetworkConditions', SLOW_3G);
          await pressStart(page);
          await giveUp(page);
        },
        180_000,
      );
      // It is enough, or the person is offered another try and gives up.
      assert.ok(['vl-complete', 'vl-error', 'vl-cancel'].includes(end), end);
    });

    it('the camera is unplugged within the flashes', async () => {
      const { end, code } = await disturbed('flash', async ({ page }) => {
        await page.evaluate(() => globalThis.verilumeTest.camera.unplug());
        await giveUp(page);
      });
      assert.deepEqual([end, code], ['vl-error', 'camera_lost']);
    });

    it('the page is hidden, and shown again', async () => {
      const seen = await disturbed('align', async ({ page }) => {
        await hide(page, true);
        await reached(page, 'interrupted');
        await hide(page, false);
        await reached(page, 'hold');
      });
      assert.equal(seen.end, 'vl-complete');
      const { attempts } = (await world.service.readSession(seen.session.sessionId)).results;
      assert.equal(attempts.length, 1, 'the pause has used up no attempt');
    });

    it('a second start leaves the first one alone', async () => {
      const { end } = await disturbed('align', async ({ page, session }) => {
        const refused = await element(page).evaluate(
          (check, token) => check.start(token).then(() => 'started', (error) => error.name),
          session.authToken,
        );
        assert.match(refused, /Busy/);
        await element(page).evaluate((check) => check.cancel());
      });
      assert.equal(end, 'vl-cancel');
    });

    it('the element is taken out of the page', async () => {
      const { end } = await disturbed('flash', ({ page }) =>
        element(page).evaluate((check) => {
          // Its events do not reach the page any more: they are heard on itself.
          for (const kind of ['vl-cancel', 'vl-error', 'vl-complete']) {
            check.addEventListener(kind, ({ detail }) => {
              globalThis.verilumeTest.events.push({ kind, detail, atMs: performance.now() });
            });
          }
          check.remove();
        }),
      );
      assert.equal(end, 'vl-cancel');
    });
  });
}

/** A page that the person turned away from, or came back to. */
function hide(page, isHidden) {
  return page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    Object.defineProperty(document, 'visibilityState', { value: hidden ? 'hidden' : 'visible', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, isHidden);
}

/** Where the element offers to try again, the person does not. */
async function giveUp(page) {
  await page.waitForFunction(() => {
    const states = globalThis.verilumeTest.events.filter(({ kind }) => kind === 'vl-state');
    const isOver = globalThis.verilumeTest.events.some(({ kind }) => ['vl-complete', 'vl-cancel', 'vl-error'].includes(kind));
    return isOver || ['error', 'retry'].includes(states.at(-1)?.detail.state);
  }, undefined, { timeout: 120_000 });
  await page.locator('verilume-liveness').evaluate((check) => check.cancel());
}
