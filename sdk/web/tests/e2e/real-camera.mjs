// The browser's own camera path: `getUserMedia` on a file, with a real face that does not see the screen.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { ending, launch, newPage, openCheck, pressStart } from './support/browser.mjs';
import { example } from './support/example.mjs';
import { ROOT } from './support/service.mjs';

const VIDEO = 'assets/media/carphone.mp4';
/** The video has 176 x 144 pixels; cameras have more. */
const SCALE = 4;

/** The video as Chromium takes it for a camera; made once. */
function cameraFile() {
  const file = join(ROOT, 'target/web/carphone.mjpeg');
  if (existsSync(file)) return file;
  mkdirSync(join(ROOT, 'target/web'), { recursive: true });
  example('verilume-eval', 'camera_file', [VIDEO, file, String(SCALE)]);
  return file;
}

export function realCamera(world) {
  describe('a real camera with a recorded face', () => {
    it('guides, opens the gate, and is not found real', async () => {
      const browser = await launch([
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-video-capture=${cameraFile()}`,
      ]);
      try {
        const session = await world.service.createSession();
        const { page } = await newPage(browser, { permissions: ['camera'] });
        await openCheck(page, world.service, session);
        await pressStart(page);
        const seen = await ending(page);
        const outcome = await world.service.outcome(session.sessionId);
        console.log(`recorded face: ${outcome.decision ?? outcome.error ?? outcome.status}, [${seen.states.join(' ')}]`);
        assert.ok(seen.states.includes('align'), 'the person was guided');
        assert.ok(seen.states.includes('hold'), 'the person looked at the camera');
        assert.notEqual(outcome.decision, 'realface');
        assert.equal(seen.ends.length, 1);
        assert.equal(seen.live, 0, 'the camera is off');
      } finally {
        await browser.close();
      }
    });

    it('says what to do when the camera is not allowed', async () => {
      const browser = await launch(['--use-fake-device-for-media-stream', '--deny-permission-prompts']);
      try {
        const session = await world.service.createSession();
        const { page } = await newPage(browser);
        await openCheck(page, world.service, session);
        await pressStart(page);
        await page.waitForFunction(() =>
          globalThis.verilumeTest.events.some(({ detail }) => detail.state === 'permission-denied'),
        );
        await page.locator('verilume-liveness').getByRole('button', { name: 'Close' }).click();
        const seen = await ending(page);
        assert.deepEqual(seen.ends.map(({ detail }) => detail.code), ['CameraPermissionDenied']);
        // The person may yet allow it elsewhere: nothing was used up.
        assert.equal((await world.service.readSession(session.sessionId)).status, 'NotStarted');
      } finally {
        await browser.close();
      }
    });
  });
}
