import { stat } from 'node:fs/promises';
import { DomainError } from '@resmask/errors';

/** In bytes. @throws DomainError FILE_UNREADABLE. */
export async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : cause;
    throw new DomainError('FILE_UNREADABLE', `${path} cannot be read: ${problem}`, { cause });
  }
}
