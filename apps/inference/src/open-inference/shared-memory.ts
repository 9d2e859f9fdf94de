import type { InferParameter } from '@resmask/contracts/open-inference';
import { DomainError } from '@resmask/errors';

const PREFIX = 'shared_memory_';

/** @throws DomainError NOT_SUPPORTED for a tensor whose elements are, or shall be put, in shared memory. */
export function refuseSharedMemory(parameters: Readonly<Record<string, InferParameter>>, field: string): void {
  const key = Object.keys(parameters).find((name) => name.startsWith(PREFIX));
  if (key) {
    const message = `${field}: got "${key}"; this server has no shared memory; send and read elements in the messages`;
    throw new DomainError('NOT_SUPPORTED', message);
  }
}
