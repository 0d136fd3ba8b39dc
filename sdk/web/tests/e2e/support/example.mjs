// The workspace's small programs for tests, which `cargo test` builds with everything else.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './service.mjs';

/** What an example of a crate prints. */
export function example(crate, name, args, input) {
  const built = join(ROOT, 'target/debug/examples', name);
  const build = ['run', '--quiet', '--package', crate, '--example', name, '--'];
  const [program, first] = existsSync(built) ? [built, []] : [process.env.CARGO ?? 'cargo', build];
  const ran = spawnSync(program, [...first, ...args], { cwd: ROOT, input, encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return ran.stdout;
}
