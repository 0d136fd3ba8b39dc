import { describe, expect, it } from 'vitest';
import type { CaptureEngine, EngineOutput, EngineStart } from '../../generated/verilume.js';
import { CaptureEngine as Engine, endpointOfToken } from '../../generated/verilume.js';
import { bytesOf, camera, engine, fixture } from './load.js';

const START: EngineStart = {
  token: 'the token that the app got',
  device: {
    platform: 'web',
    system: '',
    model: '',
    sdk: '@verilume/web',
    sdkVersion: '0.0.0',
    screenSizePx: [1080, 2340],
    screenRefreshHz: 60,
  },
  camera: {
    label: '',
    facing: 'user',
    sizePx: [360, 480],
    framesPerSecond: 30,
    isExposureLocked: false,
    isWhiteBalanceLocked: false,
  },
  wantedProfile: '',
  riskHints: ['virtualCameraName'],
  deviceCorrelationId: '',
  userCorrelationId: '',
};

function outputs(engine: CaptureEngine): EngineOutput[] {
  const all: EngineOutput[] = [];
  for (let output = engine.poll(); output; output = engine.poll()) all.push(output);
  return all;
}

const kinds = (all: EngineOutput[]): string[] => all.map((output) => output.kind);

describe('the engine', () => {
  it('guides a person, and sends nothing of a frame before they look at the camera', () => {
    const client = engine();
    const person = camera({ seed: 7, lux: 200, glasses: false });
    client.start(START, { lowBandwidth: false }, 0);
    expect(kinds(outputs(client))).toEqual(['state', 'send']);
    client.message(fixture('plan.bin'), 1);

    const seen: EngineOutput[] = outputs(client);
    let lookedForMs = 0;
    while (!seen.some((output) => output.kind === 'screen') && lookedForMs < 5000) {
      lookedForMs = person.nextFrameAtMs();
      const frame = person.nextFrame();
      client.frame(new Uint8Array(frame.buffer), person.width, person.height, lookedForMs, lookedForMs);
      const now = outputs(client);
      const isOpen = now.some((output) => output.kind === 'state' && output.state === 'hold');
      if (!isOpen) expect(kinds(now)).not.toContain('send');
      seen.push(...now);
    }
    expect(lookedForMs).toBeGreaterThanOrEqual(500);
    expect(lookedForMs).toBeLessThan(5000);
    expect(seen.find((output) => output.kind === 'state')).toMatchObject({ state: 'align' });
    const step = seen.find((output) => output.kind === 'screen');
    expect(step).toMatchObject({ step: 0, rampEveryMs: 4 });
    expect(step?.kind === 'screen' && step.ramp.length % 6).toBe(0);
  });

  it('sends nothing at all while nobody is there, and says so', () => {
    const client = engine();
    client.start(START, { lowBandwidth: true }, 0);
    client.message(fixture('plan.bin'), 1);
    outputs(client);
    const grey = new Uint8Array(320 * 240 * 4).fill(120);
    const seen: EngineOutput[] = [];
    for (let at = 10; at < 1500; at += 100) {
      client.frame(grey, 320, 240, at, at);
      seen.push(...outputs(client));
    }
    expect(kinds(seen)).not.toContain('send');
    expect(seen).toContainEqual(expect.objectContaining({ kind: 'hint', code: 'no_face', urgency: 'brief' }));
  });

  it('ends once, with the words of the table', () => {
    const client = engine();
    client.start(START, { lowBandwidth: false }, 0);
    client.connectionLost(5);
    client.connectionLost(6);
    client.cancel(7);
    const ends = outputs(client).filter((output) => ['finished', 'canceled', 'failed'].includes(output.kind));
    expect(ends).toEqual([{ kind: 'failed', code: 'connection_lost', retryable: true, retryAfterMs: undefined }]);
  });

  it('refuses weights that are not the pinned ones', () => {
    engine();
    const wrong = bytesOf('weights/blazeface_short_8bit.onnx');
    wrong[1000] = (wrong[1000] ?? 0) ^ 1;
    const load = (): unknown => new Engine(wrong, new Uint8Array(), new Uint8Array());
    expect(load).toThrow(expect.objectContaining({ name: 'EngineError', kind: 'weights' }));
  });

  it('answers nonsense with errors', () => {
    const client = engine();
    const frame = (): unknown => client.frame(new Uint8Array(7), 2, 1, 0, 0);
    expect(frame).toThrow(expect.objectContaining({ kind: 'frame' }));
    const start = (): unknown => client.start({} as EngineStart, { lowBandwidth: false }, 0);
    expect(start).toThrow(expect.objectContaining({ kind: 'argument' }));
    client.tick(Number.NaN);
    client.message(Uint8Array.of(1, 2, 3), Number.POSITIVE_INFINITY);
    expect(outputs(client)).toEqual([]);
  });

  it('reads the service of a token', () => {
    engine();
    const claims = Buffer.from(JSON.stringify({ endpoint: 'https://face.example' })).toString('base64url');
    expect(endpointOfToken(`x.${claims}.y`)).toBe('https://face.example');
    expect(endpointOfToken('nonsense')).toBeUndefined();
  });
});

describe('the simulated camera', () => {
  it('sees what the screen shows', () => {
    const person = camera({ seed: 3, lux: 5, skinTone: 1 });
    const brightness = (): number => person.nextFrame().reduce((sum, value) => sum + value, 0);
    const dark = brightness();
    const lightMs = person.nextFrameAtMs();
    person.show(new Uint8Array(6).fill(255), 0, lightMs);
    // The camera is late, and then adapts.
    while (person.nextFrameAtMs() < lightMs + 180) person.passOver();
    expect(brightness()).toBeGreaterThan(dark * 1.1);
  });

  it('refuses what nobody can be', () => {
    expect(() => camera({ seed: 1, species: 'ghost' })).toThrow(/ghost/);
    expect(() => camera({ seed: 0.5 })).toThrow(/whole number/);
  });
});
