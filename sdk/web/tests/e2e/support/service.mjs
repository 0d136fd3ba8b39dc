// The service under test: the real program on a database of its own, and what an app's own server does with it.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = resolve(import.meta.dirname, '../../../../..');
const PROGRAM = process.env.VERILUME_PROGRAM ?? join(ROOT, 'target/release/verilume');
const PLAYGROUND = join(ROOT, 'crates/server/src/web/playground');
const SIMULATOR = join(ROOT, 'sdk/web/generated/sim');
/** Where the tests' own files are served, beside the SDK. */
export const TEST_FILES = '/sdk/web/e2e/';

/** A port that nobody has. */
async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** The SDK as it was built, and beside it the simulated camera and what else the tests load. */
function webFolder(folder) {
  const web = join(folder, 'web');
  const dist = join(ROOT, 'sdk/web/dist');
  for (const needed of [PROGRAM, dist, SIMULATOR]) {
    if (!existsSync(needed)) throw new Error(`${needed} is missing: run \`cargo xtask web\` and \`cargo build --release -p verilume\``);
  }
  cpSync(dist, web, { recursive: true });
  cpSync(SIMULATOR, join(web, 'e2e/sim'), { recursive: true });
  for (const file of ['simulated-camera.js', 'simulated-camera-worker.js']) {
    cpSync(join(PLAYGROUND, file), join(web, 'e2e', file));
  }
  cpSync(join(import.meta.dirname, 'slow-worker.js'), join(web, 'e2e/slow-worker.js'));
  return web;
}

/** `verilume demo`: the address of its playground, and what ends it. */
export async function startDemo() {
  const args = ['demo', '--no-open', '--port', '0', '--web', join(ROOT, 'sdk/web/dist'), '--simulator', SIMULATOR];
  const env = { ...process.env, VERILUME_LOG: process.env.VERILUME_LOG ?? 'warn' };
  const demo = spawn(PROGRAM, args, { env, stdio: ['ignore', 'pipe', 'inherit'], cwd: ROOT });
  for await (const line of createInterface({ input: demo.stdout })) {
    const url = /^playground at (.+)$/.exec(line)?.[1];
    if (url) return { url, stop: () => demo.kill() };
  }
  throw new Error('the demo did not start');
}

export class Service {
  #folder = mkdtempSync(join(tmpdir(), 'verilume-e2e-'));
  #web = webFolder(this.#folder);
  #process;
  #key;
  #port;

  static async start() {
    const service = new Service();
    service.#port = await freePort();
    const made = spawnSync(PROGRAM, ['keys', 'create', '--scope', 'sessions', '--data', service.#data], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(made.stderr);
    service.#key = made.stdout.trim().split('\n').at(-1);
    await service.run();
    return service;
  }

  get #data() {
    return join(this.#folder, 'data');
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts the program; resolves when it listens. */
  async run() {
    const args = ['serve', '--data', this.#data, '--listen', `127.0.0.1:${this.#port}`, '--web', this.#web];
    const env = { ...process.env, VERILUME_LOG: process.env.VERILUME_LOG ?? 'warn', VERILUME__LIMITS__DRAIN_SECS: '1' };
    // One page of a test may return here.
    env.VERILUME__WEB__RETURN_ORIGINS = 'https://shop.example';
    this.#process = spawn(PROGRAM, args, { env, stdio: ['ignore', 'pipe', 'inherit'], cwd: ROOT });
    const lines = createInterface({ input: this.#process.stdout });
    for await (const line of lines) if (line.startsWith('listening at ')) return;
    throw new Error('the service did not start');
  }

  /** Ends the program as a power cut does. */
  async kill() {
    if (!this.#process || this.#process.exitCode !== null) return;
    const gone = new Promise((exit) => this.#process.once('exit', exit));
    this.#process.kill('SIGKILL');
    await gone;
  }

  async stop() {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What an app server asks. */
  async ask(method, path, body) {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'Ocp-Apim-Subscription-Key': this.#key, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** A session; each has a device of its own, because failures are counted by it. */
  createSession(more = {}) {
    return this.ask('POST', '/face/v1.2/detectLiveness-sessions', {
      livenessOperationMode: 'Passive',
      deviceCorrelationId: crypto.randomUUID(),
      numberOfClientAttemptsAllowed: 1,
      ...more,
    });
  }

  readSession(id) {
    return this.ask('GET', `/face/v1.2/detectLiveness-sessions/${id}`);
  }

  evidence(id) {
    return this.ask('GET', `/v1/sessions/${id}/evidence`);
  }

  /** What the newest decision rests on: its reasons, and every signal's value and worth. */
  async because(id) {
    const { attempts } = await this.evidence(id);
    const { reasons = [], signals = [], llr, capture } = attempts[0]?.evidence ?? {};
    const worth = signals.map(({ name, value, llr }) => [name, { value, llr }]);
    return { reasons: reasons.map(({ code }) => code), llr, capture, signals: Object.fromEntries(worth) };
  }

  /** The session's newest attempt, once it is not running any more. */
  async outcome(id) {
    for (let tries = 0; tries < 100; tries++) {
      const { status, results } = await this.readSession(id);
      const [attempt] = results.attempts;
      if (attempt?.attemptStatus !== 'Running') {
        const decision = attempt?.result?.livenessDecision;
        return { status, decision, error: attempt?.error?.code, digest: attempt?.result?.digest };
      }
      await new Promise((wait) => setTimeout(wait, 100));
    }
    throw new Error('the attempt does not end');
  }
}
