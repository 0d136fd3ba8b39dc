/** Whether a camera gives pictures: some stop, or give black ones, and work again when they are started anew. */

/** A camera without frames, with black ones or with the same one for this long is started anew. Experience: 1.5 s. */
const STALLED_AFTER_MS = 1500;
const LOOK_EVERY_MS = 500;
/** The picture as a watch sees it, pixels. */
const GLANCE = { width: 16, height: 12 } as const;
/** No sensor in a dark room is this dark everywhere, of 255: its noise is above it. */
const BLACK_BELOW = 3;
/** A picture with less colour than this is infrared, if it is no dark one. Experience: saturation below 2 %. */
const INFRARED_SATURATION = 0.02;
const DARK_BELOW = 40;

export class CameraWatch {
  /** Whether the camera has been started anew once. */
  hasRestarted = false;
  private lastFrameMs = performance.now();
  private lastLitMs = performance.now();
  private lastNewMs = performance.now();
  private seen: Uint8ClampedArray | undefined;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly onStalled: () => void,
  ) {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  /** The camera gave a frame. */
  sawFrame(): void {
    this.lastFrameMs = performance.now();
  }

  stop(): void {
    clearInterval(this.timer);
    this.seen = undefined;
  }

  private look(): void {
    const nowMs = performance.now();
    // A page that is not shown gets no frames.
    const isWatched = document.visibilityState === 'visible' && !isMuted(this.video);
    const pixels = glance(this.video);
    if (!isWatched || !isBlack(pixels)) this.lastLitMs = nowMs;
    if (!isWatched || !this.seen || !isSame(pixels, this.seen)) this.lastNewMs = nowMs;
    if (!isWatched) this.lastFrameMs = nowMs;
    this.seen = pixels;
    if (nowMs - Math.min(this.lastFrameMs, this.lastLitMs, this.lastNewMs) < STALLED_AFTER_MS) return;
    this.lastFrameMs = this.lastLitMs = this.lastNewMs = nowMs;
    this.onStalled();
  }
}

/** Whether a picture has no colour although it has light. */
export function looksInfrared(video: HTMLVideoElement): boolean {
  const pixels = glance(video);
  const saturations: number[] = [];
  let brightness = 0;
  for (let at = 0; at + 3 < pixels.length; at += 4) {
    const rgb = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
    const most = Math.max(...rgb);
    saturations.push(most === 0 ? 0 : (most - Math.min(...rgb)) / most);
    brightness += most;
  }
  saturations.sort((a, b) => a - b);
  const median = saturations[saturations.length >> 1] ?? 1;
  return median < INFRARED_SATURATION && brightness / saturations.length > DARK_BELOW;
}

function isMuted(video: HTMLVideoElement): boolean {
  const stream = video.srcObject;
  return stream instanceof MediaStream && stream.getVideoTracks().every((track) => track.muted);
}

/** Whether two glances are the same in every value: the noise of a sensor forbids it. */
function isSame(pixels: Uint8ClampedArray, before: Uint8ClampedArray): boolean {
  return pixels.length > 0 && pixels.every((value, at) => value === before[at]);
}

function isBlack(pixels: Uint8ClampedArray): boolean {
  return pixels.length > 0 && pixels.every((value, at) => at % 4 === 3 || value < BLACK_BELOW);
}

let canvas: HTMLCanvasElement | undefined;

/** A few pixels of what the element shows; none if it shows nothing. */
function glance(video: HTMLVideoElement): Uint8ClampedArray {
  canvas ??= Object.assign(document.createElement('canvas'), GLANCE);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context || video.videoWidth === 0) return new Uint8ClampedArray();
  context.drawImage(video, 0, 0, GLANCE.width, GLANCE.height);
  const { data } = context.getImageData(0, 0, GLANCE.width, GLANCE.height);
  // Nothing of the picture stays.
  context.clearRect(0, 0, GLANCE.width, GLANCE.height);
  return data;
}
