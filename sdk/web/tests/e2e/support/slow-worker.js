// Starts a worker that has a slow processor. Chromium's own throttling holds the page's main thread only; here each task of a worker
// is followed by a pause of `rate - 1` times what it took, which is how that throttling works, too.

const { searchParams } = new URL(self.location.href);
const rate = Number(searchParams.get('rate'));
const pause = new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);

function slowed(handler) {
  return function (event) {
    const began = performance.now();
    const result = handler.call(this, event);
    Atomics.wait(pause, 0, 0, (performance.now() - began) * (rate - 1));
    return result;
  };
}

const add = self.addEventListener.bind(self);
self.addEventListener = (kind, handler, options) => add(kind, kind === 'message' ? slowed(handler) : handler, options);
let onmessage = null;
Object.defineProperty(self, 'onmessage', {
  get: () => onmessage,
  set: (handler) => {
    onmessage = handler;
    add('message', slowed(handler));
  },
});

// What comes before the worker's own module listens is kept for it.
const early = [];
const keep = (event) => early.push(event);
add('message', keep);
await import(searchParams.get('url'));
self.removeEventListener('message', keep);
for (const event of early) self.dispatchEvent(new MessageEvent('message', { data: event.data, ports: event.ports }));
