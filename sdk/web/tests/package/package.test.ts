/** What is published: importable where there is no page, whole, and free of what a strict policy forbids. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '../..');
const DIST = join(ROOT, 'dist');
const run = promisify(execFile);

/** Runs a module in a Node that nothing has prepared. */
async function inNode(code: string): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: ROOT });
  expect(stderr).toBe('');
  return stdout.trim();
}

describe('on a server', () => {
  it.each(['index.js', 'probe.js', 'react.js'])('%s can be imported', async (file) => {
    const names = await inNode(`console.log(Object.keys(await import('./dist/${file}')).length > 0)`);
    expect(names).toBe('true');
  });

  it('React renders the element', async () => {
    const markup = await inNode(`
      const { createElement } = await import('react');
      const { renderToString } = await import('react-dom/server');
      const { VerilumeLiveness } = await import('./dist/react.js');
      console.log(renderToString(createElement(VerilumeLiveness, { className: 'check', token: 'secret', onComplete() {} })));
    `);
    expect(markup).toBe('<verilume-liveness class="check"></verilume-liveness>');
  });
});

describe('the package', () => {
  it('has every file that it names', () => {
    const named = Object.values(packageJson.exports).flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry)));
    for (const file of named.filter((file) => !file.includes('*'))) expect(existsSync(join(ROOT, file)), file).toBe(true);
    const assets = ['worker.js', 'verilume.wasm', 'weights', 'locales/ar.json'];
    for (const file of assets) expect(existsSync(join(DIST, 'assets', file)), file).toBe(true);
  });

  it('evaluates nothing, loads nothing from another place, writes no style into the page', async () => {
    const scripts = (await readdir(DIST, { recursive: true })).filter((file) => file.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(3);
    for (const file of scripts) {
      const text = await readFile(join(DIST, file), 'utf8');
      expect(text, file).not.toMatch(/\beval\(|new Function\(|importScripts\(/);
      expect(text, file).not.toMatch(/\ssetAttribute\((['"`])style\1|<[a-z][^>]*\sstyle=/);
      const addresses = [...text.matchAll(/https?:\/\/[^\s'"`)]+/g)].map(String);
      expect(addresses.filter((address) => !/^https?:\/\/(www\.w3\.org|lit\.dev)\b/.test(address)), file).toEqual([]);
    }
  });
});
