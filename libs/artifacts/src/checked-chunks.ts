import { createHash } from 'node:crypto';
import { DomainError } from '@resmask/errors';
import { digestMismatch } from './artifact-errors.js';
import type { StoredArtifact } from './artifact-store.js';
import { isSame } from './is-same.js';

/**
 * Passes bytes on and compares them with what was announced. The last chunk is handed on only when all is right, so whoever
 * waits for all of it never gets the whole of something else.
 * @throws DomainError DIGEST_MISMATCH if the bytes are too many, too few or others.
 */
export async function* checkedChunks<Chunk extends Uint8Array>(
  chunks: AsyncIterable<Chunk>,
  announced: StoredArtifact,
  what: string,
): AsyncGenerator<Chunk> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let last: Chunk | undefined;
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > announced.sizeBytes) throw tooMany(what, announced.sizeBytes);
    hash.update(chunk);
    if (last) yield last;
    last = chunk;
  }
  const got = { sha256: hash.digest('hex'), sizeBytes };
  if (!isSame(got, announced)) throw digestMismatch(what, got, announced);
  if (last) yield last;
}

function tooMany(what: string, announced: number): DomainError {
  return new DomainError(
    'DIGEST_MISMATCH',
    `${what}: got more than the ${announced} bytes that were announced; upload the ${what} again`,
  );
}
