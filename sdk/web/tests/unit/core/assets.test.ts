import { describe, expect, it } from 'vitest';
import { compileModule, fetchBytes } from '../../../src/core/assets.js';
import { serve } from './server.js';

const ASSET = { file: 'weights/mesh.onnx', bytes: 3, sha256: '0123456789abcdef' };
/** The smallest module. */
const MODULE = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]);

describe('the files of the engine', () => {
  it('are counted, and named with their version', async () => {
    let asked = '';
    const base = await serve(({ path }, response) => {
      asked = path;
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end('abc');
    });
    let counted = 0;
    const bytes = await fetchBytes(base, ASSET, { onBytes: (bytes) => (counted += bytes) });
    expect([bytes.length, counted, asked]).toEqual([3, 3, '/weights/mesh.onnx?v=0123456789ab']);
  });

  it.each([
    ['are missing', 404, 'text/plain', 'asset_unreachable'],
    ['are the page of a router', 200, 'text/html; charset=utf-8', 'asset_invalid'],
  ])('fail with a code when they %s', async (_, status, type, code) => {
    const base = await serve((_, response) => response.writeHead(status, { 'content-type': type }).end('<html>'));
    await expect(fetchBytes(base, ASSET)).rejects.toMatchObject({ name: 'CoreError', code });
  });

  it('fail with a code when nobody answers', async () => {
    await expect(fetchBytes('http://127.0.0.1:9/', ASSET)).rejects.toMatchObject({ code: 'asset_unreachable' });
  });

  it.each([
    ['of the right type', 'application/wasm', MODULE, undefined],
    ['of another type', 'application/octet-stream', MODULE, 'asset_invalid'],
    ['of other bytes', 'application/wasm', Buffer.from('no module'), 'asset_invalid'],
  ])('hold a module %s', async (_, type, body, code) => {
    const base = await serve((_, response) => response.writeHead(200, { 'content-type': type }).end(body));
    const compiled = compileModule(base, { ...ASSET, file: 'verilume.wasm' }, () => undefined);
    if (code) await expect(compiled).rejects.toMatchObject({ code });
    else expect(await compiled).toBeInstanceOf(WebAssembly.Module);
  });
});
