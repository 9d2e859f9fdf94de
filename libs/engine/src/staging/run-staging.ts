import { fork } from 'node:child_process';
import { DomainError } from '@resmask/errors';
import { fromFailure } from '@resmask/runtime';
import type { StagingReply, StagingRequest } from './staging-messages.js';

const ENTRY = new URL('./staging-process.js', import.meta.url);

/** Allocations from here on are of their own and go back when they are freed, in the C library of most Linux systems. */
const MMAP_THRESHOLD_BYTES = 128 * 1024;

/** Stages a model in a process of its own. @throws DomainError what staging says, or MODEL_UNLOADABLE if the process is ended. */
export function runStaging(request: StagingRequest): Promise<void> {
  const child = fork(ENTRY, {
    execArgv: ['--expose-gc'],
    env: { ...process.env, MALLOC_MMAP_THRESHOLD_: String(MMAP_THRESHOLD_BYTES) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', (reply: StagingReply) => ('done' in reply ? resolve() : reject(fromFailure(reply.failure))));
    child.once('error', reject);
    // By then an answer has been heard, if there was one.
    child.once('close', (code, signal) => reject(ended(signal ?? `code ${code}`)));
    child.send(request);
  });
}

function ended(how: string): DomainError {
  return new DomainError(
    'MODEL_UNLOADABLE',
    `the process that prepares the model for this machine ended with ${how}; it needs 2.5 times the model's size in memory and twice in the cache's folder, give it that`,
  );
}
