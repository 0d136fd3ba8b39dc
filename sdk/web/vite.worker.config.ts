import { resolve } from 'node:path';
import { defineConfig } from 'vite';

/** The worker: one file that shares no code with the library, so that the folder of assets is whole by itself. */
export default defineConfig({
  build: {
    outDir: 'dist/assets',
    emptyOutDir: false,
    target: 'es2022',
    sourcemap: true,
    minify: true,
    lib: {
      formats: ['es'],
      entry: { worker: resolve(import.meta.dirname, 'src/core/worker.ts') },
    },
  },
});
