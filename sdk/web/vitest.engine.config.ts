import { defineConfig } from 'vitest/config';

/** What `cargo xtask web` built, in node. */
export default defineConfig({ test: { include: ['tests/engine/**/*.test.ts'], testTimeout: 60_000 } });
