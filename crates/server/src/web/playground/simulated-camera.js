// A camera whose pictures are simulated: it sees what the screen really shows, and the page gets it from `getUserMedia`.
// Used by the playground and by the tests in a browser; not part of the SDK.

/** What reads frames off a worker, where the browser has nothing better. */
const FRAMES_PER_SECOND = 30;
/** How often it is measured what stands before the light: it moves when the state of the check changes. */
const MEASURE_EVERY_MS = 200;

/** A simulated camera before a screen that is read by `readScreen`: six sRGB bytes, the upper half and the lower one. */
export class SimulatedCamera {
  #worker;
  #readScreen;
  #isOn = false;
  #track;
  #beganAt;
  /** How many frames it gave and let go, in how many milliseconds, and how long it rendered. */
  pace = { given: 0, passedOver: 0, renderingMs: 0, forMs: 0 };

  /** `files` is where the simulator is, `options` who or what is before the camera. */
  constructor(files, options, readScreen) {
    this.#readScreen = readScreen;
    this.#worker = new Worker(new URL('simulated-camera-worker.js', import.meta.url), { type: 'module' });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.addEventListener('message', ({ data }) => {
        if (data.kind === 'ready') resolve(data);
        if (data.kind === 'pace') this.pace = data.pace;
        if (data.kind === 'began') this.#beganAt = data.at - performance.timeOrigin;
        if (data.kind === 'failed') reject(new Error(data.message));
      });
      this.#worker.addEventListener('error', (event) => reject(new Error(event.message || 'the simulator does not start')));
    });
    this.#worker.postMessage({ kind: 'prepare', files: new URL(files, location.href).href, options });
  }

  /** Switches it on; the stream, as `getUserMedia` gives one. */
  async open() {
    const { width, height } = await this.ready;
    const { track, message, transfer } = this.#output(width, height);
    this.#track = track;
    this.#isOn = true;
    this.#worker.postMessage({ kind: 'on', ...message }, transfer);
    // Whoever stops the track switches the camera off.
    const stop = track.stop.bind(track);
    track.stop = () => {
      stop();
      this.close();
    };
    Object.defineProperty(track, 'label', { value: 'Simulated camera' });
    this.#watchScreen();
    const stream = new MediaStream([track]);
    cameras.set(stream, this);
    return stream;
  }

  /** When the camera took a frame, on `performance.now()`: as browsers tell it of their own cameras. */
  captureTime(mediaTimeSecs) {
    return this.#beganAt === undefined ? undefined : this.#beganAt + mediaTimeSecs * 1000;
  }

  /** As when the camera is unplugged. */
  unplug() {
    this.#track?.stop();
    this.#track?.dispatchEvent(new Event('ended'));
  }

  /** Switches it off. It cannot be switched on again. */
  close() {
    this.#isOn = false;
    this.#worker.terminate();
  }

  /** Where frames go: straight to the track, or over a canvas. */
  #output(width, height) {
    if ('MediaStreamTrackGenerator' in window) {
      const track = new MediaStreamTrackGenerator({ kind: 'video' });
      return { track, message: { writable: track.writable }, transfer: [track.writable] };
    }
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('bitmaprenderer');
    this.#worker.addEventListener('message', ({ data }) => {
      if (data.kind === 'frame') context.transferFromImageBitmap(data.image);
    });
    const [track] = canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks();
    return { track, message: {}, transfer: [] };
  }

  /** Tells the camera what is on the screen. What is read in a task after an animation frame is what that frame shows. */
  #watchScreen() {
    const afterFrame = new MessageChannel();
    let last = '';
    afterFrame.port1.onmessage = () => {
      if (!this.#isOn) return;
      const colours = this.#readScreen();
      const now = colours.join();
      if (now !== last) {
        last = now;
        this.#worker.postMessage({ kind: 'show', colours, at: performance.timeOrigin + performance.now() });
      }
    };
    const look = () => {
      if (!this.#isOn) return;
      afterFrame.port2.postMessage(0);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }
}

/** Cameras by the streams that they gave. */
const cameras = new WeakMap();

/** Browsers tell the capture time of frames of their own cameras alone: of a simulated one's it is added here. */
function tellCaptureTimes() {
  const { prototype } = HTMLVideoElement;
  const request = prototype.requestVideoFrameCallback;
  if (!request || !('MediaStreamTrackGenerator' in window)) return;
  prototype.requestVideoFrameCallback = function (callback) {
    return request.call(this, (nowMs, metadata) => {
      const captureTime = cameras.get(this.srcObject)?.captureTime(metadata.mediaTime);
      callback(nowMs, captureTime === undefined ? metadata : { ...copied(metadata), captureTime: Math.min(captureTime, nowMs) });
    });
  };
}

function copied({ presentationTime, expectedDisplayTime, width, height, mediaTime, presentedFrames, processingDuration }) {
  return { presentationTime, expectedDisplayTime, width, height, mediaTime, presentedFrames, processingDuration };
}

tellCaptureTimes();

/** Puts cameras of `create` in the place of those of the device; gives what undoes it. */
export function replaceCameras(create) {
  const devices = navigator.mediaDevices;
  devices.getUserMedia = async () => (await create()).open();
  devices.enumerateDevices = async () => [
    { deviceId: 'simulated', kind: 'videoinput', label: 'Simulated camera', groupId: '' },
  ];
  return () => {
    delete devices.getUserMedia;
    delete devices.enumerateDevices;
  };
}

/**
 * Reads what an element shows on the screen: the colours of its light where that is on, else of the page. What stands
 * before the light counts as black.
 */
export function screenOf(element) {
  let measuredAt = -Infinity;
  let lit = [1, 1];
  return () => {
    const light = element.shadowRoot?.querySelector('[part="light"]');
    if (!light || light.hidden || !light.isConnected) {
      const behind = rgbOf(element.shadowRoot?.querySelector('dialog[open]') ?? document.body);
      return [...behind, ...behind];
    }
    const halves = [...light.children].slice(0, 2);
    const now = performance.now();
    if (now - measuredAt > MEASURE_EVERY_MS) {
      measuredAt = now;
      const before = [...(element.shadowRoot.querySelector('[part="stage"]')?.children ?? [])];
      const boxes = before.map((part) => part.getBoundingClientRect());
      lit = halves.map((half) => {
        const area = half.getBoundingClientRect();
        return Math.max(0, 1 - boxes.reduce((sum, box) => sum + covered(area, box), 0));
      });
    }
    return halves.flatMap((half, at) => rgbOf(half).map((value) => srgbOf(linearOf(value) * lit[at])));
  };
}

/** The share of an area that another one covers. */
function covered(area, other) {
  if (area.width * area.height === 0) return 0;
  const width = Math.min(area.right, other.right) - Math.max(area.left, other.left);
  const height = Math.min(area.bottom, other.bottom) - Math.max(area.top, other.top);
  return (Math.max(0, width) * Math.max(0, height)) / (area.width * area.height);
}

function rgbOf(element) {
  const [red = 255, green = 255, blue = 255, alpha = 1] = (getComputedStyle(element).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
  // What is see-through is white paper.
  return [red, green, blue].map((value) => Math.round(value * alpha + 255 * (1 - alpha)));
}

function linearOf(value) {
  const unit = value / 255;
  return unit <= 0.04045 ? unit / 12.92 : ((unit + 0.055) / 1.055) ** 2.4;
}

function srgbOf(linear) {
  return Math.round(255 * (linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055));
}
