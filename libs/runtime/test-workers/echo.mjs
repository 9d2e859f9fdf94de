// A worker for the pool's tests: answers what it is told to, remembers what it was set up with.
import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '@resmask/errors';
import { serveTasks } from '@resmask/runtime';

let state = 'fresh';

serveTasks(async ({ say, set, wait, fail, exit }) => {
  if (set) state = set;
  if (wait) await delay(wait);
  if (exit) process.exit(1);
  if (fail === 'domain') throw new DomainError('FRAME_UNDECODABLE', 'no picture', { metadata: { at: 'worker' } });
  if (fail) throw new TypeError(fail);
  return { response: { say, state } };
});
