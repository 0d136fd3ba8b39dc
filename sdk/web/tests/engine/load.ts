/** The built modules, loaded as a worker loads them, from files. Needs `cargo xtask web` first. */

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { initSync, CaptureEngine } from '../../generated/verilume.js';
import { initSync as initSim, SimulatedCamera, type SimulatedCameraOptions } from '../../generated/sim/verilume-sim.js';

const generated = resolve(import.meta.dirname, '../../generated');
const root = resolve(import.meta.dirname, '../../../..');

export function bytesOf(file: string): Uint8Array<ArrayBuffer> {
  const path = resolve(generated, file);
  if (!existsSync(path)) throw new Error(`${file} is not built: run \`cargo xtask web\``);
  return new Uint8Array(readFileSync(path));
}

/** A message of the service as the protocol's tests keep it. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(resolve(root, 'crates/protocol/tests/fixtures/capture_v1', name)));
}

export interface EngineFiles {
  detector: { file: string };
  mesh: { file: string };
  iris: { file: string };
}

export function engine(): CaptureEngine {
  initSync({ module: bytesOf('verilume.wasm') });
  const files = JSON.parse(readFileSync(resolve(generated, 'assets.json'), 'utf8')) as EngineFiles;
  return new CaptureEngine(bytesOf(files.detector.file), bytesOf(files.mesh.file), bytesOf(files.iris.file));
}

export function camera(options: SimulatedCameraOptions): SimulatedCamera {
  initSim({ module: bytesOf('sim/verilume-sim.wasm') });
  return new SimulatedCamera(bytesOf('sim/heads.bin'), options);
}
