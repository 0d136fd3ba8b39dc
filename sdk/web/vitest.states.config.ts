import { defineConfig } from 'vitest/config';

/** Tests in a browser. The page has to be built before: `npm run test:states` does. */
export default defineConfig({
  test: { include: ['tests/states/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 60_000, fileParallelism: false },
});
