/** Serves the built test page on loopback, under the strictest policy that the element is promised to work under. */

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import type { AddressInfo } from 'node:net';

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob:",
  "worker-src 'self'",
  "media-src 'self' blob:",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

export interface Site {
  readonly address: string;
  close(): Promise<void>;
}

/** Serves these folders, the first that has the file. */
export async function serve(folders: readonly string[]): Promise<Site> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    void find(folders, path.endsWith('/') ? `${path}index.html` : path).then((found) => {
      if (!found) return response.writeHead(404).end();
      response.writeHead(200, { 'Content-Type': TYPES[extname(found.path)] ?? 'application/octet-stream', 'Content-Security-Policy': POLICY });
      response.end(found.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function find(folders: readonly string[], path: string): Promise<{ path: string; body: Buffer } | undefined> {
  for (const folder of folders) {
    try {
      return { path, body: await readFile(join(folder, path)) };
    } catch {
      // The next folder may have it.
    }
  }
  return undefined;
}
