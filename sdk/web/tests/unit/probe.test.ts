import { describe, expect, it } from 'vitest';
import { probe } from '../../src/probe.js';

describe('probe', () => {
  it('can be asked on a server, where nearly everything is missing', () => {
    const support = probe();
    expect(support.ok).toBe(false);
    expect(support.missing).toEqual(expect.arrayContaining(['secure-context', 'camera', 'custom-elements']));
    expect(support.missing).not.toContain('webassembly-simd');
  });
});
