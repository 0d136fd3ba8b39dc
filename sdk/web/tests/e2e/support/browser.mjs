// Chromium, and in it the hosted page with a simulated camera.

import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

import { TEST_FILES } from './service.mjs';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** The one that is named, else Debian's; without either the one that Playwright fetched. */
const PLACES = [process.env.VERILUME_CHROMIUM, '/usr/bin/chromium'];
/** As a phone, upright: what the simulated person holds. */
const VIEWPORT = { width: 390, height: 844 };

export function launch(args = []) {
  const executablePath = PLACES.find((place) => place && existsSync(place));
  return chromium.launch({ executablePath, args: [...ARGS, ...args], headless: true });
}

/** A page of its own storage. What it reports as an error fails the test that looks. */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: VIEWPORT, ...options });
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return { context, page, problems };
}

/**
 * Before anything else in the page: the simulated camera in the place of the real one, and a record of what the element
 * tells and of what the screen shows. Runs in the page.
 */
function prepare({ files, camera, slow }) {
  const seen = { events: [], screen: [], opened: 0, tracks: [], firstFrameMs: undefined };
  globalThis.verilumeTest = seen;
  const told = ['vl-state', 'vl-hint', 'vl-complete', 'vl-cancel', 'vl-error', 'vl-timing', 'vl-attempt', 'vl-camera'];
  for (const kind of told) {
    const note = ({ detail, target }) => {
      seen.events.push({ kind, detail, atMs: performance.now(), framesLookedAt: target.stats?.framesLookedAt });
    };
    document.addEventListener(kind, note, true);
  }
  const devices = navigator.mediaDevices;
  const real = devices.getUserMedia.bind(devices);
  const modules = camera && import(`${files}simulated-camera.js`);
  let ready;
  const build = async () => {
    const { SimulatedCamera, screenOf } = await modules;
    const element = await new Promise((found) => {
      const look = () => {
        const element = document.querySelector('verilume-liveness');
        if (element) found(element);
        else setTimeout(look, 10);
      };
      look();
    });
    const read = screenOf(element);
    const simulated = new SimulatedCamera(`${files}sim/`, camera, () => {
      const colours = read();
      seen.screen.push([performance.now(), ...colours]);
      return colours;
    });
    seen.camera = simulated;
    await simulated.ready;
    return simulated;
  };
  if (camera) ready = build();
  devices.getUserMedia = async (constraints) => {
    seen.opened += 1;
    let stream;
    if (camera) {
      const simulated = await (ready ?? build());
      ready = undefined;
      stream = await simulated.open();
    } else {
      stream = await real(constraints);
    }
    seen.permittedAt = performance.now();
    seen.tracks.push(...stream.getTracks());
    return stream;
  };
  if (slow?.worker) {
    const Real = globalThis.Worker;
    globalThis.Worker = class extends Real {
      constructor(url, options) {
        const target = String(new URL(url, location.href));
        const isCamera = target.includes('simulated-camera');
        const slowed = `${files}slow-worker.js?rate=${slow.worker}&url=${encodeURIComponent(target)}`;
        super(isCamera ? url : slowed, options);
      }
    };
  }
}

/**
 * Opens the hosted page of a session, at `address` if one is given. `slow` says how many times slower the page's own thread and the SDK's worker are
 * (`{ page, worker }`, the latter not at all if it is not said); the camera is not.
 */
export async function openCheck(page, service, session, { camera, slow, address } = {}) {
  await page.addInitScript(prepare, { files: TEST_FILES, camera, slow });
  if (slow) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: slow.page });
  }
  await page.goto(address ?? `${service.url}/c/${session.sessionId}#${session.authToken}`);
}

/** The button of the person that goes on: in this state there is one that begins. */
export async function pressStart(page) {
  await page.locator('verilume-liveness').getByRole('button', { name: 'Start' }).click();
}

const TERMINAL = ['vl-complete', 'vl-cancel', 'vl-error'];

/** Waits for the end that the element tells. */
export async function ending(page, withinMs = 90_000) {
  await page.waitForFunction(
    (kinds) => globalThis.verilumeTest.events.some((event) => kinds.includes(event.kind)),
    TERMINAL,
    { timeout: withinMs, polling: 100 },
  );
  return record(page);
}

/**
 * Waits for the end as a person does who tries again whenever that is offered, up to a number of times; then gives up.
 * How often it was tried again comes along.
 */
export async function endingOfPatience(page, tries) {
  for (let again = 0; ; again++) {
    await page.waitForFunction(
      (kinds) => {
        const { events } = globalThis.verilumeTest;
        const states = events.filter(({ kind }) => kind === 'vl-state');
        const isOver = events.some(({ kind }) => kinds.includes(kind));
        return isOver || states.at(-1)?.detail.state === 'retry';
      },
      TERMINAL,
      { timeout: 90_000, polling: 50 },
    );
    const seen = await record(page);
    if (seen.ends.length > 0) return { ...seen, triedAgain: again };
    if (again === tries) {
      await page.locator('verilume-liveness').evaluate((check) => check.cancel());
      return { ...(await record(page)), triedAgain: again };
    }
    await page.locator('verilume-liveness').getByRole('button', { name: 'Try again' }).click();
    await page.waitForFunction(() => {
      const states = globalThis.verilumeTest.events.filter(({ kind }) => kind === 'vl-state');
      return states.at(-1)?.detail.state !== 'retry';
    });
  }
}

/** Waits until the element is in a state. */
export function reached(page, state, withinMs = 60_000) {
  return page.waitForFunction(
    (wanted) => globalThis.verilumeTest.events.some(({ kind, detail }) => kind === 'vl-state' && detail.state === wanted),
    state,
    { timeout: withinMs, polling: 20 },
  );
}

/** What was told, how it ended, what the screen showed, and whether every camera is off. */
export async function record(page) {
  const seen = await page.evaluate(() => {
    const { events, screen, tracks, opened, permittedAt } = globalThis.verilumeTest;
    return { events, screen, opened, permittedAt, live: tracks.filter((track) => track.readyState === 'live').length };
  });
  const ends = seen.events.filter((event) => TERMINAL.includes(event.kind));
  return { ...seen, ends, states: seen.events.filter(({ kind }) => kind === 'vl-state').map(({ detail }) => detail.state) };
}
