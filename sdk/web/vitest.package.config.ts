import { defineConfig } from 'vitest/config';

/** Tests of what is published. The package has to be built before. */
export default defineConfig({ test: { include: ['tests/package/**/*.test.ts'], testTimeout: 60_000 } });
