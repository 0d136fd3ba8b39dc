import { cp, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Plugin, defineConfig } from 'vite';

const here = (path: string): string => resolve(import.meta.dirname, path);

/**
 * Puts beside the modules what they fetch when it is wanted: languages, and what `cargo xtask web` made of the Rust core.
 * All of it lies in one folder, which a page may put anywhere on its own origin.
 */
function assets(): Plugin {
  return {
    name: 'verilume-assets',
    apply: 'build',
    async writeBundle() {
      if (!existsSync(here('generated/assets.json'))) {
        throw new Error('The WebAssembly module is not there. Run: cargo xtask web');
      }
      await mkdir(here('dist/assets'), { recursive: true });
      await cp(here('locales'), here('dist/assets/locales'), { recursive: true });
      await cp(here('generated/verilume.wasm'), here('dist/assets/verilume.wasm'));
      await cp(here('generated/weights'), here('dist/assets/weights'), { recursive: true });
    },
  };
}

/**
 * The library. Every entry is a module that can be served as it is: nothing is loaded from another place, nothing is
 * evaluated, and nothing touches the page when it is imported.
 */
export default defineConfig({
  plugins: [assets()],
  // Lit's modules for servers work in browsers too, and can be imported where there is no page.
  resolve: { conditions: ['node', 'import', 'module'] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: true,
    minify: true,
    lib: {
      formats: ['es'],
      entry: { index: here('src/index.ts'), probe: here('src/probe.ts'), react: here('src/react.ts') },
    },
    rolldownOptions: {
      external: ['react', 'react/jsx-runtime'],
      // Beside the entries: the folder of assets is found from where the module is.
      output: { chunkFileNames: 'verilume-[hash].js' },
    },
  },
});
