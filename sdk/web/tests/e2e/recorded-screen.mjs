// Flash safety, measured on pictures of the screen that Chromium recorded, in each light that a person can choose.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { endingOfPatience, newPage, openCheck, pressStart } from './support/browser.mjs';
import { flashesPerSecond } from './support/flashes.mjs';

const PERSON = { seed: 840_000, lux: 120 };
/** WCAG 2.2 allows three flashes a second; challenges are minted for two. */
const MAX_FLASHES = 2;
/** The recording's size, pixels: enough for two halves. */
const RECORDED = { maxWidth: 60, maxHeight: 130 };
/** Fewer pictures than this a second would miss a flash. */
const LEAST_PICTURES = 10;

export function recordedScreen(world) {
  describe('the recorded screen', () => {
    for (const light of ['Standard', 'Calm', 'Soft']) {
      it(`flashes at most ${MAX_FLASHES} times a second in the light "${light}"`, async () => {
        const session = await world.service.createSession();
        const { context, page } = await newPage(world.browser);
        try {
          await openCheck(page, world.service, session, { camera: PERSON });
          await page.locator('verilume-liveness').getByRole('radio', { name: light }).check();
          const stop = await record(page);
          await pressStart(page);
          const seen = await endingOfPatience(page, 1);
          const pictures = await stop();
          const { decision } = await world.service.outcome(session.sessionId);
          assert.ok(seen.states.includes('flash'), 'the colours were shown');
          const screen = await coloursOf(world.browser, pictures);
          const perSecond = screen.length / ((screen.at(-1)[0] - screen[0][0]) / 1000);
          const flashes = flashesPerSecond(screen);
          console.log(`${light}: ${flashes} flashes/s in ${screen.length} pictures, ${perSecond.toFixed(0)}/s; ${decision}`);
          assert.ok(perSecond >= LEAST_PICTURES, `only ${perSecond} pictures a second`);
          assert.ok(flashes <= MAX_FLASHES, `${flashes} flashes a second`);
        } finally {
          await context.close();
        }
      });
    }

    it('does not change in the steady light, and a person looks at what is found', async () => {
      const session = await world.service.createSession();
      const { context, page } = await newPage(world.browser);
      try {
        await openCheck(page, world.service, session, { camera: PERSON });
        await page.locator('verilume-liveness').getByRole('radio', { name: 'No flashes' }).check();
        await pressStart(page);
        const seen = await endingOfPatience(page, 1);
        const { decision } = await world.service.outcome(session.sessionId);
        assert.equal(seen.ends[0].kind, 'vl-complete');
        assert.notEqual(decision, 'realface');
        // On, and at the end off again.
        assert.ok(flashesPerSecond(seen.screen) <= 1, 'a steady light');
      } finally {
        await context.close();
      }
    });
  });
}

/** Records the screen; gives what ends it and hands out the pictures. */
async function record(page) {
  const pictures = [];
  const devtools = await page.context().newCDPSession(page);
  devtools.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
    pictures.push({ data, atMs: metadata.timestamp * 1000 });
    devtools.send('Page.screencastFrameAck', { sessionId }).catch(() => {});
  });
  await devtools.send('Page.startScreencast', { format: 'png', everyNthFrame: 1, ...RECORDED });
  return async () => {
    await devtools.send('Page.stopScreencast');
    return pictures;
  };
}

/** The mean colour of the left edge, where nothing covers the light: upper half, lower half. */
async function coloursOf(browser, pictures) {
  const { context, page } = await newPage(browser);
  try {
    return await page.evaluate(async (pictures) => {
      const canvas = document.createElement('canvas');
      const drawing = canvas.getContext('2d', { willReadFrequently: true });
      const mean = (y, height) => {
        const { data } = drawing.getImageData(1, y, 3, height);
        const sums = [0, 0, 0];
        data.forEach((value, at) => at % 4 < 3 && (sums[at % 4] += value));
        return sums.map((sum) => Math.round(sum / (data.length / 4)));
      };
      const rows = [];
      for (const { data, atMs } of pictures) {
        const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
        Object.assign(canvas, { width: picture.width, height: picture.height });
        drawing.drawImage(picture, 0, 0);
        const half = picture.height >> 1;
        rows.push([atMs, ...mean(2, half - 4), ...mean(half + 2, half - 4)]);
      }
      return rows;
    }, pictures);
  } finally {
    await context.close();
  }
}
