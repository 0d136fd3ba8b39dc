import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Refusal, openTransport } from '../../../src/core/transport.js';
import { type Seen, serve } from './server.js';

/** No WebSocket gets through. */
beforeEach(() => {
  vi.stubGlobal(
    'WebSocket',
    class {
      constructor() {
        throw new Error('refused');
      }
    },
  );
});

class Told {
  messages: number[][] = [];
  refusals: Refusal[] = [];
  losses = 0;
  message = (bytes: Uint8Array): number => this.messages.push([...bytes]);
  refused = (refusal: Refusal): number => this.refusals.push(refusal);
  lost = (): number => (this.losses += 1);
}

const STREAM = { 'content-type': 'application/octet-stream' };

describe('single requests', () => {
  it('carry messages in order, one request at a time, with the token', async () => {
    const seen: Seen[] = [];
    let open = 0;
    let mostOpen = 0;
    const base = await serve((request, response) => {
      seen.push(request);
      mostOpen = Math.max(mostOpen, (open += 1));
      setTimeout(() => {
        open -= 1;
        response.writeHead(200, STREAM).end(Buffer.from([2, seen.length, 9]));
      }, 30);
    });
    const told = new Told();
    const transport = await openTransport(base, 'secret', told);
    transport.send(Uint8Array.of(1));
    transport.send(Uint8Array.of(2, 2));
    transport.send(new Uint8Array(300).fill(3));
    await vi.waitFor(() => expect(told.messages).toEqual([[1, 9], [2, 9]]));
    transport.close();
    expect(mostOpen).toBe(1);
    expect(seen.map(({ path }) => path)).toEqual([
      '/face/v1.2/session/start',
      '/face/v1.2/detectLiveness/singleModal',
    ]);
    expect(seen.every(({ headers }) => headers.authorization === 'Bearer secret')).toBe(true);
    expect([...(seen[0]?.body ?? [])]).toEqual([1, 1]);
    expect([...(seen[1]?.body ?? [])].slice(0, 6)).toEqual([2, 2, 2, 0xac, 2, 3]);
    expect(seen[1]?.body.length).toBe(305);
  });

  it('hand the messages of a refusal on, and stop', async () => {
    const base = await serve((_, response) => response.writeHead(403, STREAM).end(Buffer.from([1, 5])));
    const told = new Told();
    const transport = await openTransport(base, 'token', told);
    transport.send(Uint8Array.of(1));
    await vi.waitFor(() => expect(told.messages).toEqual([[5]]));
    transport.send(Uint8Array.of(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([told.messages.length, told.refusals.length, told.losses]).toEqual([1, 0, 0]);
  });

  it('tell a refusal that is no message', async () => {
    const base = await serve((_, response) =>
      response
        .writeHead(503, { 'content-type': 'application/json', 'retry-after': '5' })
        .end('{"error": {"code": "overloaded", "message": "later"}}'),
    );
    const told = new Told();
    (await openTransport(base, 'token', told)).send(Uint8Array.of(1));
    await vi.waitFor(() =>
      expect(told.refusals).toEqual([{ code: 'overloaded', message: 'later', retryAfterMs: 5000 }]),
    );
  });

  it.each([
    ['a page of a proxy', 502, 'text/html', '<html>', { refused: 'connection_lost' }],
    ['a body that is cut', 200, STREAM['content-type'], '\u0005a', { lost: true }],
    ['a length without end', 200, STREAM['content-type'], '\xff\xff\xff\xff\xff\xff', { lost: true }],
  ])('survive %s', async (_, status, type, body, expected) => {
    const base = await serve((_, response) =>
      response.writeHead(status, { 'content-type': type }).end(Buffer.from(body, 'latin1')),
    );
    const told = new Told();
    (await openTransport(base, 'token', told)).send(Uint8Array.of(1));
    await vi.waitFor(() => expect(told.refusals.length + told.losses).toBe(1));
    if ('lost' in expected) expect(told.losses).toBe(1);
    else expect(told.refusals[0]?.code).toBe(expected.refused);
    expect(told.messages).toEqual([]);
  });

  it('tell when nobody answers', async () => {
    const told = new Told();
    (await openTransport('http://127.0.0.1:9/', 'token', told)).send(Uint8Array.of(1));
    await vi.waitFor(() => expect(told.losses).toBe(1));
  });
});
