// Tests in real time: whatever else the machine does for a moment can spoil one, so each may be run a second time.
// Not for what must never be: a flash too many or a token in the open counts at once.

import { it as once } from 'node:test';

export function it(name, test) {
  return once(name, async () => {
    try {
      await test();
    } catch (error) {
      console.log(`"${name}" once more, after: ${error.message}`);
      await test();
    }
  });
}
