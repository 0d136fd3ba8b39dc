import { expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { VERSION } from '../../../src/core/version.js';

it('the version that the service is told is that of the package', () => {
  expect(VERSION).toBe(manifest.version);
});
