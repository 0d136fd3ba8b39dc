/**
 * The way to the service: a WebSocket, or single requests where none gets through.
 *
 * Both carry the same messages in the same order. docs/reference/capture-stream.md describes them.
 */

/** How a transport is listened to. Each of the last two ends it, and only one of them comes. */
export interface TransportEvents {
  message(bytes: Uint8Array): void;
  /** The service ended the stream without a message of the stream. */
  refused(refusal: Refusal): void;
  /** The connection is gone. */
  lost(): void;
}

/** What an answer said that holds no message of the stream. */
export interface Refusal {
  code: string;
  message?: string;
  retryAfterMs?: number;
}

export interface Transport {
  send(message: Uint8Array): void;
  /** Ends the connection after what has been sent. Nothing more is told. */
  close(): void;
}

/** The path of the capture stream below the service's address. */
const STREAM_PATH = 'face/v1.2/session/stream';
const START_PATH = 'face/v1.2/session/start';
const CONTINUE_PATH = 'face/v1.2/detectLiveness/singleModal';
/** A WebSocket that has not opened by then does not. Origin: as the reference device's. */
const OPEN_WITHIN_MS = 10_000;
/** A request that is not answered by then is not. Origin: the service answers within 20 s. */
const ANSWER_WITHIN_MS = 25_000;
/** The service hears of a client that has nothing to say this often. Origin: the stream ends after 75 s of silence. */
const SIGN_OF_LIFE_EVERY_MS = 30_000;
/** The longest body and the most messages of one request. Origin: the service's bounds. */
const BODY_BYTES = 528 * 1024;
const BODY_MESSAGES = 400;

/** Opens a way to the service; the token is for requests, a WebSocket carries it in its first message. */
export async function openTransport(endpoint: string, token: string, events: TransportEvents): Promise<Transport> {
  const base = endpoint.endsWith('/') ? endpoint : `${endpoint}/`;
  const socket = await openSocket(base);
  return socket ? new SocketTransport(socket, events) : new RequestTransport(base, token, events);
}

/** An open WebSocket; `undefined` if none gets through. */
async function openSocket(base: string): Promise<WebSocket | undefined> {
  const url = new URL(STREAM_PATH, base);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  let socket: WebSocket;
  try {
    socket = new WebSocket(url);
  } catch {
    // A policy of the page can forbid it.
    return undefined;
  }
  socket.binaryType = 'arraybuffer';
  return new Promise((resolve) => {
    const settle = (opened: boolean): void => {
      clearTimeout(timer);
      socket.onopen = socket.onclose = socket.onerror = null;
      if (!opened) socket.close();
      resolve(opened ? socket : undefined);
    };
    const timer = setTimeout(() => settle(false), OPEN_WITHIN_MS);
    socket.onopen = () => settle(true);
    socket.onclose = socket.onerror = () => settle(false);
  });
}

class SocketTransport implements Transport {
  constructor(
    private readonly socket: WebSocket,
    events: TransportEvents,
  ) {
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) events.message(new Uint8Array(data));
    };
    socket.onclose = () => events.lost();
  }

  send(message: Uint8Array): void {
    // One that is closing has told `lost`, or is about to.
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(message as Uint8Array<ArrayBuffer>);
  }

  close(): void {
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close(1000);
  }
}

/** One request after the other; what is to be sent meanwhile goes with the next one. */
class RequestTransport implements Transport {
  private readonly waiting: Uint8Array[] = [];
  private isStarted = false;
  private isBusy = false;
  private isClosing = false;
  private isOver = false;
  private signOfLife: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly base: string,
    private readonly token: string,
    private readonly events: TransportEvents,
  ) {}

  send(message: Uint8Array): void {
    this.waiting.push(message);
    void this.flush();
  }

  close(): void {
    this.isClosing = true;
    if (!this.isBusy && this.waiting.length === 0) this.end();
  }

  private end(): void {
    this.isOver = true;
    clearTimeout(this.signOfLife);
  }

  private async flush(): Promise<void> {
    if (this.isBusy || this.isOver) return;
    clearTimeout(this.signOfLife);
    this.isBusy = true;
    const goesOn = await this.exchange(this.nextBody());
    this.isBusy = false;
    if (!goesOn || (this.isClosing && this.waiting.length === 0)) return this.end();
    if (this.waiting.length > 0) return this.flush();
    this.signOfLife = setTimeout(() => void this.flush(), SIGN_OF_LIFE_EVERY_MS);
  }

  private nextBody(): Uint8Array<ArrayBuffer> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for (let count = 0; count < BODY_MESSAGES; count += 1) {
      const message = this.waiting[0];
      if (!message) break;
      const head = varint(message.length);
      if (parts.length > 0 && bytes + head.length + message.length > BODY_BYTES) break;
      this.waiting.shift();
      parts.push(head, message);
      bytes += head.length + message.length;
    }
    const body = new Uint8Array(bytes);
    let at = 0;
    for (const part of parts) {
      body.set(part, at);
      at += part.length;
    }
    return body;
  }

  /** Sends a body and hands the messages of the answer on; says whether the stream goes on. */
  private async exchange(body: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const path = this.isStarted ? CONTINUE_PATH : START_PATH;
    this.isStarted = true;
    let answer: Response;
    let bytes: Uint8Array;
    try {
      answer = await fetch(new URL(path, this.base), {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/octet-stream' },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        credentials: 'omit',
        // The last words of a page that closes.
        keepalive: this.isClosing,
      });
      bytes = new Uint8Array(await answer.arrayBuffer());
    } catch {
      if (!this.isClosing) this.events.lost();
      return false;
    }
    if (this.isClosing) return answer.ok;
    const isStream = answer.headers.get('content-type')?.startsWith('application/octet-stream') === true;
    if (!answer.ok && !isStream) {
      this.events.refused(refusalOf(answer, bytes));
      return false;
    }
    const messages = split(bytes);
    if (!messages) {
      this.events.lost();
      return false;
    }
    messages.forEach((message) => this.events.message(message));
    return answer.ok;
  }
}

/** What an answer without messages says. */
function refusalOf(answer: Response, bytes: Uint8Array): Refusal {
  const retryAfter = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const retry = Number.isFinite(retryAfter) ? { retryAfterMs: retryAfter * 1000 } : {};
  try {
    const { error } = JSON.parse(new TextDecoder().decode(bytes)) as { error?: { code?: unknown; message?: unknown } };
    if (typeof error?.code === 'string') {
      const message = typeof error.message === 'string' ? { message: error.message } : {};
      return { code: error.code, ...message, ...retry };
    }
  } catch {
    // What is between here and the service answers in its own way.
  }
  return { code: 'connection_lost', message: `The service answers with HTTP status ${answer.status}.`, ...retry };
}

/** A length as a protobuf varint. */
function varint(length: number): Uint8Array {
  const bytes: number[] = [];
  let rest = length;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** The messages of a body; `undefined` if it is cut. */
function split(body: Uint8Array): Uint8Array[] | undefined {
  const messages: Uint8Array[] = [];
  let at = 0;
  while (at < body.length) {
    let length = 0;
    let shift = 0;
    for (;;) {
      const byte = body[at];
      if (byte === undefined || shift > 28) return undefined;
      at += 1;
      length += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      if (byte < 0x80) break;
    }
    if (length > body.length - at) return undefined;
    messages.push(body.subarray(at, at + length));
    at += length;
  }
  return messages;
}
