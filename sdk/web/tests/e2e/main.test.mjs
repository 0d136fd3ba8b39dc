// End to end: the program, the SDK as it was built, Chromium. One service and one browser for all.

import { after, before, describe } from 'node:test';

import { closedLoop } from './closed-loop.mjs';
import { disturbances } from './disturbances.mjs';
import { hostedPage } from './hosted-page.mjs';
import { realCamera } from './real-camera.mjs';
import { playground } from './playground.mjs';
import { recordedScreen } from './recorded-screen.mjs';
import { launch } from './support/browser.mjs';
import { write } from './support/results.mjs';
import { Service } from './support/service.mjs';

const world = {};

describe('the web SDK in a browser', { concurrency: false }, () => {
  before(async () => {
    world.service = await Service.start();
    world.browser = await launch();
  });

  after(async () => {
    if (world.rows?.length > 0) write(`Chromium ${world.browser.version()}`, world.rows, world.sessions);
    await world.browser?.close();
    await world.service?.stop();
  });

  hostedPage(world);
  realCamera(world);
  playground(world);
  recordedScreen(world);
  disturbances(world);
  closedLoop(world);
});
