import { DomainError } from '@resmask/errors';
import type { ArtifactStore } from './artifact-store.js';
import { FolderArtifactStore } from './folder/folder-artifact-store.js';
import type { S3Options } from './s3/s3-settings.js';

const URL_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, and of keys what needs no escaping. */
const S3_LOCATION = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/((?:[\w.-]+\/)*[\w.-]+)?\/?)?$/;

/**
 * Opens the store at a folder's path or at `s3://bucket/prefix`.
 * @param s3 how S3 is reached; without effect on a folder
 * @throws DomainError CONFIG_INVALID if it is neither, or the bucket cannot be used; SERVICE_UNAVAILABLE if S3 is away
 */
export async function openArtifactStore(location: string, s3: S3Options = {}): Promise<ArtifactStore> {
  if (location === '') throw unknownLocation(location);
  if (!URL_SCHEME.test(location)) return FolderArtifactStore.open(location);
  const found = S3_LOCATION.exec(location);
  if (!found) throw unknownLocation(location);
  const [, bucket, prefix] = found;
  // Workers and services that keep to folders need not load the SDK.
  const { S3ArtifactStore } = await import('./s3/s3-artifact-store.js');
  return S3ArtifactStore.open({ ...s3, bucket, prefix: prefix ? `${prefix}/` : '' });
}

function unknownLocation(location: string): DomainError {
  // Somebody may have put a password where other URLs have it.
  const shown = location.replace(/\/\/[^/]*@/, '//…@');
  return new DomainError(
    'CONFIG_INVALID',
    `"${shown}" is no place for artifacts: give a folder's path, or s3://bucket/prefix (letters, digits, "_", ".", "-" and "/" in the prefix)`,
  );
}
