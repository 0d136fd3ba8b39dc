import { resolve } from 'node:path';
import { defineConfig } from 'vite';

/** The page on which tests bring the element into any state. It is not shipped. */
export default defineConfig({
  root: resolve(import.meta.dirname, 'tests/states/page'),
  base: './',
  resolve: { conditions: ['node', 'import', 'module'] },
  build: { outDir: resolve(import.meta.dirname, 'tests/states/site'), emptyOutDir: true, target: 'es2022', modulePreload: false },
});
