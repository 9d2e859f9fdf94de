import { DomainError } from '@resmask/errors';
import type { StoredArtifact } from './artifact-store.js';

const MAX_NAMED_PARTS = 20;

export function artifactNotFound(sha256: string): DomainError {
  return new DomainError('ARTIFACT_NOT_FOUND', `the store has no artifact ${sha256}`, {
    resource: { type: 'artifact', name: sha256 },
  });
}

export function artifactCorrupt(sha256: string, found: string): DomainError {
  return new DomainError(
    'ARTIFACT_CORRUPT',
    `artifact ${sha256} now has ${found}: its bytes changed in the store. Restore it from a backup or upload it again.`,
    { resource: { type: 'artifact', name: sha256 } },
  );
}

export function artifactTooLarge(maxBytes: number): DomainError {
  return new DomainError(
    'ARTIFACT_TOO_LARGE',
    `the file has more than ${maxBytes} bytes, the most that is allowed here`,
  );
}

/** @param what what has these bytes: the file, or a part of it */
export function digestMismatch(what: string, got: StoredArtifact, announced: StoredArtifact): DomainError {
  return new DomainError(
    'DIGEST_MISMATCH',
    `${what}: got ${got.sizeBytes} bytes with sha256 ${got.sha256}, announced were ${announced.sizeBytes} bytes with ${announced.sha256}; upload the ${what} again`,
  );
}

export function uploadNotFound(id: string): DomainError {
  return new DomainError(
    'UPLOAD_NOT_FOUND',
    `there is no upload ${id}: it was never begun, or was completed, aborted or abandoned; begin another one`,
    { resource: { type: 'upload', name: id } },
  );
}

export function uploadIncomplete(id: string, missing: readonly number[]): DomainError {
  const named = missing.slice(0, MAX_NAMED_PARTS).join(', ');
  const more = missing.length > MAX_NAMED_PARTS ? ` and ${missing.length - MAX_NAMED_PARTS} more` : '';
  return new DomainError('UPLOAD_INCOMPLETE', `upload ${id} lacks part ${named}${more}; send it, then complete again`, {
    resource: { type: 'upload', name: id },
    metadata: { missing_parts: named },
  });
}

export function uploadChanged(id: string): DomainError {
  return new DomainError(
    'CONCURRENT_CHANGE',
    `a part of upload ${id} was sent again while it was being completed; complete it again`,
    { resource: { type: 'upload', name: id } },
  );
}
