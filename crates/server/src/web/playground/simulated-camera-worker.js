// The simulated camera's own thread: it renders frames in real time from what it is told of the screen.

/** A frame that should have come this long ago is let go, milliseconds: a camera does not queue. */
const LATEST_MS = 100;
/**
 * A frame is begun at most this long before it is due, milliseconds, so that it can be there in time. It shows light of
 * well before that: the least latency of the simulated cameras is 40 ms, the longest readout 25 ms.
 */
const LONGEST_LEAD_MS = 12;

let camera;
let beganAt = 0;
let writer;
let leadMs = 0;
/** Frames that were given and let go, and how long rendering took. */
const pace = { given: 0, passedOver: 0, renderingMs: 0, forMs: 0 };

const now = () => performance.timeOrigin + performance.now() - beganAt;

async function prepare({ files, options }) {
  const [simulator, heads] = await Promise.all([
    import(`${files}verilume-sim.js`),
    fetch(`${files}heads.bin`).then((answer) => answer.arrayBuffer()),
  ]);
  await simulator.default({ module_or_path: `${files}verilume-sim.wasm` });
  camera = new simulator.SimulatedCamera(new Uint8Array(heads), options);
  postMessage({ kind: 'ready', width: camera.width, height: camera.height });
}

function switchOn({ writable }) {
  beganAt = performance.timeOrigin + performance.now();
  writer = writable?.getWriter();
  postMessage({ kind: 'began', at: beganAt });
  nextFrame();
}

function nextFrame() {
  while (camera.nextFrameAtMs() < now() - LATEST_MS) {
    camera.passOver();
    pace.passedOver += 1;
  }
  const dueAt = camera.nextFrameAtMs();
  const waitMs = dueAt - leadMs - now();
  if (waitMs > 1) {
    setTimeout(nextFrame, waitMs);
    return;
  }
  const begun = now();
  const pixels = camera.nextFrame();
  const tookMs = now() - begun;
  leadMs = Math.min(LONGEST_LEAD_MS, leadMs + 0.1 * (tookMs - leadMs));
  give(pixels, dueAt);
  pace.given += 1;
  pace.renderingMs += tookMs;
  pace.forMs = now();
  if (pace.given % 10 === 0) postMessage({ kind: 'pace', pace });
  // Through the queue of tasks: what the screen shows has to be heard.
  setTimeout(nextFrame, 0);
}

function give(pixels, atMs) {
  const { width, height } = camera;
  if (writer) {
    const frame = new VideoFrame(pixels, {
      format: 'RGBX',
      codedWidth: width,
      codedHeight: height,
      timestamp: Math.round(atMs * 1000),
    });
    writer.write(frame).catch(() => frame.close());
    return;
  }
  createImageBitmap(new ImageData(pixels, width, height)).then((image) => {
    postMessage({ kind: 'frame', image }, [image]);
  });
}

onmessage = ({ data }) => {
  switch (data.kind) {
    case 'prepare':
      prepare(data).catch((error) => postMessage({ kind: 'failed', message: String(error) }));
      break;
    case 'on':
      switchOn(data);
      break;
    case 'show':
      camera.show(new Uint8Array(data.colours), 0, Math.max(0, data.at - beganAt));
      break;
  }
};
