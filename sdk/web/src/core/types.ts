/**
 * The contract between the headless core and whoever shows it to a person.
 *
 * The core owns the camera, the engine, the connection and the timing of the screen. It decides nothing about liveness
 * and never learns what was decided. Whoever uses it shows the preview, paints the colours that it is told, and tells
 * the person what the hints say.
 *
 * Times are milliseconds on `performance.now()` of the page. Importing this module touches neither `window` nor
 * `document`.
 */

import type { ErrorCode, LivenessError, UserAction } from './error-codes.js';

/** The flash profile that a person asks for. `none` asks for a check without flashes. */
export type WantedProfile = 'standard' | 'fast' | 'calm' | 'soft' | 'none';

/** How a capture is made. */
export interface CaptureOptions {
  /**
   * The folder that holds the worker, the WebAssembly module and the weights, with or without a slash at its end.
   * It has to be of the page's own origin: browsers start workers from nowhere else.
   */
  assetsBase: string | URL;
  /** The service; without it, the address in the token's claim `endpoint`. */
  endpoint?: string | URL;
  /** The flash profile that the person asks for; without it the service chooses. */
  wantedProfile?: WantedProfile;
  /** Keeps to the small budget of bytes: at most 500 kB an attempt. */
  lowBandwidth?: boolean;
  /** The `deviceId` of the camera to begin with. One that is gone counts as not given. */
  cameraId?: string;
  /** An identifier of the device, where the app's server leaves it to the client. At most 64 characters. */
  deviceCorrelationId?: string;
  /** An identifier of the person, where the app's server leaves it to the client. At most 64 characters. */
  userCorrelationId?: string;
  /**
   * The element that shows the preview. The core sets its `srcObject`, plays it and takes the frames from it; without
   * one it uses an element of its own that is not in the page.
   */
  video?: HTMLVideoElement;
  /** What the colours are painted on. */
  screen: ScreenSurface;
  /** Called for each event, in order. What it throws is reported to the page and changes nothing here. */
  onEvent: (event: CoreEvent) => void;
  /** Where frames come from; without it, the camera through `navigator.mediaDevices.getUserMedia`. */
  frameSource?: FrameSource;
}

/** A headless capture. One at a time for each element; it can be started again after it has ended. */
export interface CaptureCore {
  /** Whether a capture runs: after `start` and before its terminal event. */
  readonly isRunning: boolean;
  /**
   * Fetches and starts the engine, so that it is ready when the person is. Asks for no permission. Resolves in any case;
   * what went wrong is told by `start`.
   */
  preload(): Promise<void>;
  /**
   * Asks for the camera and captures. Call it from a tap or a key: browsers ask for permission more reliably then.
   *
   * Ends with exactly one `terminal` event, whatever happens. Throws `CaptureBusyError` while a capture runs, and
   * leaves that one as it is.
   */
  start(token: string): void;
  /** The person cancels. Nothing happens if no capture runs. */
  cancel(): void;
  /** The person tries again, after `tryAgain`; with a profile, under that one. */
  retry(profile?: WantedProfile): void;
  /** The person needs more time to get into place, while the state is `align`. Works ten times. */
  moreTime(): void;
  /** The capture must stand still. A hidden page does this by itself. Costs no attempt. */
  pause(reason: PauseReason): void;
  /** The capture goes on after a pause. A page that is shown again does this by itself if it was paused by being hidden. */
  resume(): void;
  /** How fast frames are looked at. Counted from `start`. */
  readonly stats: CaptureStats;
  /** The profile of the next start. */
  setWantedProfile(profile: WantedProfile | undefined): void;
  /** The cameras of the device. Their labels are empty until the person has allowed one. */
  cameras(): Promise<CameraChoice[]>;
  /**
   * Takes the next camera, or the one with this `deviceId`. While a capture runs, a running attempt is interrupted,
   * without cost.
   */
  switchCamera(deviceId?: string): Promise<void>;
  /** Cancels what runs, and frees the camera, the worker and all memory. The object is of no use afterwards. */
  dispose(): void;
}

/** How fast frames are looked at. */
export interface CaptureStats {
  /** Frames that the camera gave. */
  framesSeen: number;
  /** Frames that were looked at; the others came while the engine was busy. */
  framesLookedAt: number;
  /** Time that the engine took for all of them, milliseconds. */
  lookedForMs: number;
}

/** A capture is already running. */
export interface CaptureBusyError extends Error {
  readonly name: 'CaptureBusyError';
}

/** A camera to choose from. */
export interface CameraChoice {
  deviceId: string;
  label: string;
  facing: CameraFacing;
}

/** Where a camera looks. */
export type CameraFacing = 'unknown' | 'user' | 'environment' | 'external';

/** Why a capture stands still. */
export type PauseReason = 'hidden' | 'user' | 'cameraTaken';

/**
 * Where a capture is.
 *
 * The first two are the core's own: `opening` waits for the camera and the person's permission (at most 60 s),
 * `loading` for the engine (it fails when nothing has come for 15 s). The others are those of the Rust core; each has
 * an end, told in `endsAtMs`.
 */
export type CoreState =
  | 'opening'
  | 'loading'
  | 'connecting'
  | 'align'
  | 'hold'
  | 'flash'
  | 'tail'
  | 'checking'
  | 'retry'
  | 'replanning'
  | 'paused'
  | 'done';

/** What a person is told: one at a time. */
export type HintCode =
  | 'no_face'
  | 'multiple_faces'
  | 'too_far'
  | 'too_close'
  | 'off_centre'
  | 'look_at_camera'
  | 'eyes_closed'
  | 'face_covered'
  | 'too_dark'
  | 'too_bright'
  | 'backlit'
  | 'too_much_motion'
  | 'hold_still';

/** Where to move the head, in the person's own directions. */
export type Towards = 'left' | 'right' | 'up' | 'down';

/** Something happened. */
export type CoreEvent =
  | StateEvent
  | HintEvent
  | CameraEvent
  | ProgressEvent
  | ScreenEvent
  | TryAgainEvent
  | TimingEvent
  | TerminalEvent;

/** The capture is in another state, or its state has another end. */
export interface StateEvent {
  kind: 'state';
  state: CoreState;
  /** Since when. */
  sinceMs: number;
  /** When it ends by itself; without it, it does not. */
  endsAtMs?: number;
}

/** What to tell the person, instead of what they were told before. */
export interface HintEvent {
  kind: 'hint';
  code: HintCode;
  /** Only with `off_centre`. */
  towards?: Towards;
  /** `escalated`: the few words have not helped for six seconds; explain. */
  urgency: 'brief' | 'escalated';
  sinceMs: number;
}

/** A camera has given its first frame. Comes again after `switchCamera` and after a restart. */
export interface CameraEvent {
  kind: 'camera';
  /** The stream of the preview; already in `CaptureOptions.video`. The core ends its tracks. */
  stream: MediaStream | null;
  deviceId: string;
  label: string;
  facing: CameraFacing;
  width: number;
  height: number;
  /** As the camera states it; 0 if it does not. */
  framesPerSecond: number;
  /** Whether people expect to see themselves mirrored: not with a camera that looks away from them. */
  mirrorPreview: boolean;
}

/** How much of the engine has been fetched. */
export interface ProgressEvent {
  kind: 'progress';
  loadedBytes: number;
  totalBytes: number;
}

/** The screen begins to belong to the check, or no longer does. The painting itself goes through `ScreenSurface`. */
export interface ScreenEvent {
  kind: 'screen';
  isOn: boolean;
}

/** The attempt gave no result, another one is allowed: offer it and call `retry`, or `cancel`. */
export interface TryAgainEvent {
  kind: 'tryAgain';
  /** What to change; without it, the service did not say. */
  hint?: ErrorCode;
  attemptsLeft: number;
}

/** How long things took; sent once, when the person is first guided. Milliseconds from `start`. */
export interface TimingEvent {
  kind: 'timing';
  /** Until the person allowed the camera. */
  permissionMs: number;
  /** Until the first frame of the camera. */
  firstFrameMs: number;
  /** Until the engine was ready: its module compiled, its weights fetched and checked. */
  engineMs: number;
  /** Until the service had sent its plan. */
  planMs: number;
  /** Until the person was first told what to do. */
  readyMs: number;
}

/** The capture is over. Exactly one per start, and the last event of it. */
export interface TerminalEvent {
  kind: 'terminal';
  result: CaptureResult;
}

/** How a capture ended. What was decided, the client never learns. */
export type CaptureResult =
  | {
      outcome: 'finished';
      /** Identifies the result to the app's own server. */
      resultId: string;
      /** The transcript's digest: 64 upper-case hexadecimal digits. */
      digest: string;
    }
  | { outcome: 'canceled' }
  | ({ outcome: 'failed' } & CaptureFailure);

/** Why a capture could not be finished. */
export interface CaptureFailure {
  /** The code of the table, or the service's own if this version does not know it. */
  code: ErrorCode | (string & {});
  /** What the client libraries report for it. */
  livenessError: LivenessError;
  userAction: UserAction;
  /** Whether another start with the same token may work. */
  retryable: boolean;
  /** When to try again, if the service said. */
  retryAfterMs?: number;
  /** One English sentence for developers. Holds nothing about the person. */
  message: string;
}

/** Colours of a screen half as a display is told them: sRGB, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** What the screen shows: both halves of the page's whole area, as the person sees them. */
export interface ScreenColours {
  top: Rgb;
  bottom: Rgb;
}

/**
 * What the colours are painted on: the element's surround.
 *
 * The core calls it within animation frames and tells the Rust core when each step was on the screen. Painting has to
 * take effect in that same frame: set two custom properties or two background colours, with no transition.
 */
export interface ScreenSurface {
  /** Shows these colours over as much of the screen as possible, the upper half and the lower half. */
  paint(colours: ScreenColours): void;
  /** Shows the interface's own colours again. */
  clear(): void;
}

/** One frame of a camera. */
export interface CapturedFrame {
  /** The pixels; the core closes it. */
  image: ImageBitmap | VideoFrame;
  /** When it was captured, on `performance.now()`. */
  capturedAtMs: number;
}

/** What a frame source tells about itself once it runs. */
export interface FrameSourceInfo {
  stream: MediaStream | null;
  deviceId: string;
  label: string;
  facing: CameraFacing;
  width: number;
  height: number;
  framesPerSecond: number;
  /** Abilities that a physical camera has and this one lacks are a hint for the service. */
  lacksControls: boolean;
  /** When the camera could be used. */
  permittedAtMs: number;
}

/** How a frame source is listened to. */
export interface FrameSink {
  /** A frame may be taken now; the answer says whether one is wanted. `take` makes it, only if it is. */
  offer(capturedAtMs: number, take: () => Promise<CapturedFrame | null>): void;
  /** The source gives nothing for a while, and then again: another program or a call has taken it. */
  muted(isMuted: boolean): void;
  /** The source has ended: unplugged, permission withdrawn; or it gives nothing although it was started anew. */
  ended(code: 'camera_lost' | 'camera_stalled'): void;
}

/** Where frames come from. The shipped one is the camera. */
export interface FrameSource {
  /** Starts, or throws a `FrameSourceError`. */
  start(sink: FrameSink, deviceId?: string): Promise<FrameSourceInfo>;
  /** Stops and frees the camera. Can be called at any time, more than once. */
  stop(): void;
}
