// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CameraWatch, looksInfrared } from '../../../src/core/camera-watch.js';

/** What the camera shows: a value for each byte of a glance. */
let picture: (at: number) => number;
let watch: CameraWatch;
let stalls: number;

const video = (): HTMLVideoElement => document.createElement('video');
const noisy = (level: number) => (at: number): number => level + ((at * 31 + performance.now()) % 7);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  Object.defineProperty(HTMLVideoElement.prototype, 'videoWidth', { value: 640, configurable: true });
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue({
    drawImage: () => {},
    clearRect: () => {},
    getImageData: () => ({ data: Uint8ClampedArray.from({ length: 16 * 12 * 4 }, (_, at) => picture(at)) }),
  } as unknown as CanvasRenderingContext2D & RenderingContext);
  stalls = 0;
});

afterEach(() => {
  watch?.stop();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A camera that gives a frame every 33 ms, for a time. */
function run(ms: number, givesFrames = true): void {
  for (let passed = 0; passed < ms; passed += 33) {
    vi.advanceTimersByTime(33);
    if (givesFrames) watch.sawFrame();
  }
}

describe('a camera that is watched', () => {
  beforeEach(() => {
    picture = noisy(90);
    watch = new CameraWatch(video(), () => (stalls += 1));
  });

  it('is left alone while its frames differ', () => {
    run(10_000);
    expect(stalls).toBe(0);
  });

  it('is stalled when no frames come', () => {
    run(2500, false);
    expect(stalls).toBe(1);
  });

  it('is stalled when its frames are black', () => {
    picture = () => 1;
    run(2500);
    expect(stalls).toBe(1);
  });

  it('is stalled when the same frame comes again and again', () => {
    picture = (at) => at % 200;
    run(2500);
    expect(stalls).toBe(1);
  });

  it('is left alone in a dark room, where noise moves', () => {
    picture = noisy(4);
    run(10_000);
    expect(stalls).toBe(0);
  });
});

describe('a picture without colour', () => {
  it('is infrared where there is light, and a dark room where there is none', () => {
    picture = () => 120;
    expect(looksInfrared(video())).toBe(true);
    picture = () => 8;
    expect(looksInfrared(video())).toBe(false);
    picture = (at) => [180, 120, 100, 255][at % 4] ?? 0;
    expect(looksInfrared(video())).toBe(false);
  });
});
