/** The camera, through `navigator.mediaDevices.getUserMedia`. */

import { CameraWatch, looksInfrared } from './camera-watch.js';
import { CoreError } from './failure.js';
import type { CameraChoice, CameraFacing, CapturedFrame, FrameSink, FrameSource, FrameSourceInfo } from './types.js';

/** What is asked for. More pixels cost time and are not looked at. */
const WANTED = {
  width: { ideal: 640 },
  height: { ideal: 480 },
  frameRate: { ideal: 30 },
} satisfies MediaTrackConstraints;
/** A camera that has shown nothing by then does not start. Experience. */
const FIRST_FRAME_WITHIN_MS = 10_000;
/** A capture time from further ago than this is from another clock. Origin: cameras take up to 0.2 s. */
const OLDEST_CAPTURE_MS = 1000;
/** Names of cameras that see infrared: the screen's colours are not in their pictures. */
const INFRARED = /\b(ir|infra-?red|depth|hello)\b/i;
/** Names of programs that give a camera: told to the service, and no reason to refuse one. */
const VIRTUAL =
  /\b(obs|virtual|manycam|xsplit|droidcam|epoccam|iriun|ivcam|snap camera|mmhmm|camo|vcam|e2esoft|splitcam|ndi)\b/i;

export class CameraSource implements FrameSource {
  private readonly video: HTMLVideoElement;
  private stream: MediaStream | undefined;
  private sink: FrameSink | undefined;
  private stopFrames: (() => void) | undefined;
  private watch: CameraWatch | undefined;
  private deviceId: string | undefined;
  private generation = 0;

  constructor(
    video: HTMLVideoElement | undefined,
    private readonly onRestart: (info: FrameSourceInfo) => void,
  ) {
    this.video = video ?? document.createElement('video');
  }

  async start(sink: FrameSink, deviceId?: string): Promise<FrameSourceInfo> {
    this.stop();
    const generation = this.generation;
    const isCurrent = (): boolean => generation === this.generation;
    const stream = await streamOf(deviceId);
    const permittedAtMs = performance.now();
    let info = { ...(await this.open(stream, isCurrent)), permittedAtMs };
    if (deviceId === undefined && (INFRARED.test(info.label) || looksInfrared(this.video))) {
      const other = await this.otherThan(info.deviceId);
      if (other && isCurrent()) info = { ...(await this.open(await streamOf(other), isCurrent)), permittedAtMs };
    }
    if (!isCurrent()) throw new CoreError('UserCanceledSession');
    this.deviceId = info.deviceId;
    this.sink = sink;
    this.stopFrames = eachFrame(this.video, (atMs) => this.frame(atMs));
    this.watch = new CameraWatch(this.video, () => void this.restart());
    return info;
  }

  stop(): void {
    this.generation += 1;
    this.stopFrames?.();
    this.watch?.stop();
    this.stopFrames = this.watch = this.sink = undefined;
    this.release();
  }

  private release(): void {
    for (const track of this.stream?.getTracks() ?? []) {
      track.onended = track.onmute = track.onunmute = null;
      track.stop();
    }
    if (this.stream && this.video.srcObject === this.stream) this.video.srcObject = null;
    this.stream = undefined;
  }

  /** Shows a stream, and waits for its first frame. */
  private async open(stream: MediaStream, isCurrent: () => boolean): Promise<FrameSourceInfo> {
    if (!isCurrent()) {
      // It was stopped, and perhaps started again, while the person was asked.
      stream.getTracks().forEach((track) => track.stop());
      throw new CoreError('UserCanceledSession');
    }
    this.release();
    this.stream = stream;
    const [track] = stream.getVideoTracks();
    if (!track) throw new CoreError('CameraStartupFailure');
    track.onended = () => this.sink?.ended('camera_lost');
    track.onmute = () => this.sink?.muted(true);
    track.onunmute = () => this.sink?.muted(false);
    const { video } = this;
    video.muted = true;
    video.playsInline = true;
    video.srcObject = stream;
    await firstFrame(video, track);
    if (!isCurrent()) throw new CoreError('UserCanceledSession');
    return infoOf(stream, track, video);
  }

  private async otherThan(deviceId: string): Promise<string | undefined> {
    const cameras = await listCameras();
    const isFit = ({ deviceId: id, label, facing }: CameraChoice): boolean =>
      id !== deviceId && facing !== 'environment' && !INFRARED.test(label);
    return cameras.find(isFit)?.deviceId;
  }

  private frame(atMs: number): void {
    this.watch?.sawFrame();
    this.sink?.offer(atMs, () => take(this.video, atMs));
  }

  /** Starts the camera anew, once; the second time it counts as broken. */
  private async restart(): Promise<void> {
    const { sink, watch, generation } = this;
    if (!sink || !watch) return;
    if (watch.hasRestarted) return sink.ended('camera_stalled');
    watch.hasRestarted = true;
    try {
      const info = await this.open(await streamOf(this.deviceId), () => generation === this.generation);
      watch.sawFrame();
      this.onRestart(info);
    } catch {
      if (generation === this.generation) sink.ended('camera_stalled');
    }
  }
}

/** The cameras of the device. */
export async function listCameras(): Promise<CameraChoice[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices
    .filter((device) => device.kind === 'videoinput')
    .map(({ deviceId, label }) => ({ deviceId, label, facing: facingOf(undefined, label) }));
}

/** Whether a camera's name is that of a program. */
export function isVirtualCameraName(label: string): boolean {
  return VIRTUAL.test(label);
}

async function streamOf(deviceId: string | undefined): Promise<MediaStream> {
  const open = (constraints: MediaTrackConstraints): Promise<MediaStream> =>
    navigator.mediaDevices.getUserMedia({ video: { ...WANTED, ...constraints }, audio: false });
  try {
    if (deviceId) {
      try {
        return await open({ deviceId: { exact: deviceId } });
      } catch (error) {
        // An identifier from an earlier visit may be gone; another camera is better than none.
        if (!['OverconstrainedError', 'NotFoundError'].includes(nameOf(error))) throw error;
      }
    }
    return await open({ facingMode: { ideal: 'user' } });
  } catch (error) {
    throw cameraError(error);
  }
}

function cameraError(cause: unknown): CoreError {
  switch (nameOf(cause)) {
    case 'NotAllowedError':
    case 'SecurityError':
      return new CoreError('CameraPermissionDenied', undefined, { cause });
    case 'NotFoundError':
    case 'OverconstrainedError':
      return new CoreError('camera_not_found', undefined, { cause });
    case 'NotReadableError':
    case 'AbortError':
      return new CoreError('camera_busy', undefined, { cause });
    default:
      return new CoreError('CameraStartupFailure', undefined, { cause });
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : '';
}

/** Resolves when the element shows a frame. */
async function firstFrame(video: HTMLVideoElement, track: MediaStreamTrack): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lookAgain: ReturnType<typeof setInterval> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CoreError('CameraStartupFailure')), FIRST_FRAME_WITHIN_MS);
  });
  const shown = new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (track.readyState === 'ended') reject(new CoreError('camera_lost'));
      else if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0) resolve();
    };
    lookAgain = setInterval(look, 10);
    look();
  });
  try {
    // Autoplay rules let muted video play; what forbids it nevertheless shows as no frame.
    void video.play().catch(() => undefined);
    await Promise.race([shown, late]);
  } finally {
    clearTimeout(timer);
    clearInterval(lookAgain);
  }
}

function infoOf(stream: MediaStream, track: MediaStreamTrack, video: HTMLVideoElement): FrameSourceInfo {
  const settings = track.getSettings?.() ?? {};
  return {
    stream,
    deviceId: settings.deviceId ?? '',
    label: track.label,
    facing: facingOf(settings.facingMode, track.label),
    width: video.videoWidth,
    height: video.videoHeight,
    framesPerSecond: settings.frameRate ?? 0,
    lacksControls: lacksControls(track),
    permittedAtMs: performance.now(),
  };
}

function facingOf(facingMode: string | undefined, label: string): CameraFacing {
  if (facingMode === 'user' || /\b(front|user|facetime)\b/i.test(label)) return 'user';
  if (facingMode === 'environment' || /\b(back|rear|environment)\b/i.test(label)) return 'environment';
  return 'unknown';
}

/** What physical cameras let a program set, in the browsers that say so. */
const CONTROLS = ['exposureMode', 'whiteBalanceMode', 'brightness', 'focusMode', 'zoom', 'torch'];

function lacksControls(track: MediaStreamTrack): boolean {
  // Other browsers than those with `ImageCapture` tell of no controls.
  if (!('ImageCapture' in globalThis) || typeof track.getCapabilities !== 'function') return false;
  const abilities = track.getCapabilities();
  return !CONTROLS.some((control) => control in abilities);
}

interface FrameMetadata {
  readonly captureTime?: number;
}

/** Calls back for each frame that the element shows, with its capture time; gives what ends this. */
function eachFrame(video: HTMLVideoElement, onFrame: (capturedAtMs: number) => void): () => void {
  let handle = 0;
  if (typeof video.requestVideoFrameCallback === 'function') {
    const next = (nowMs: number, metadata: FrameMetadata): void => {
      handle = video.requestVideoFrameCallback(next);
      onFrame(captureTime(metadata.captureTime, nowMs));
    };
    handle = video.requestVideoFrameCallback(next);
    return () => video.cancelVideoFrameCallback(handle);
  }
  let lastSecs = -1;
  const look = (nowMs: number): void => {
    handle = requestAnimationFrame(look);
    if (video.currentTime === lastSecs || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    lastSecs = video.currentTime;
    onFrame(nowMs);
  };
  handle = requestAnimationFrame(look);
  return () => cancelAnimationFrame(handle);
}

/** The camera's own time of a frame, if the browser tells it and it can be true; else when it was shown. */
function captureTime(captureTimeMs: number | undefined, nowMs: number): number {
  const isPlausible =
    captureTimeMs !== undefined && captureTimeMs <= nowMs && captureTimeMs > nowMs - OLDEST_CAPTURE_MS;
  return isPlausible ? captureTimeMs : nowMs;
}

async function take(video: HTMLVideoElement, capturedAtMs: number): Promise<CapturedFrame | null> {
  try {
    const image =
      typeof VideoFrame === 'function'
        ? new VideoFrame(video, { timestamp: Math.round(capturedAtMs * 1000) })
        : await createImageBitmap(video);
    return { image, capturedAtMs };
  } catch {
    // The element has just lost its stream.
    return null;
  }
}
