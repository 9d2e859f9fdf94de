import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { inParallel } from './in-parallel.js';
import type { S3Bucket, S3Object } from './s3-bucket.js';
import { fromS3, isAbsent } from './s3-errors.js';

const COPIES_AT_ONCE = 8;

/**
 * Makes one object of several, in their order, without their bytes leaving the server; it appears at once and whole. Each but the last
 * needs 5 MiB, and there may be 10,000 of up to 5 GiB each.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 * @returns false if a source is no longer there or no longer the same
 */
export async function composeObject(bucket: S3Bucket, key: string, sources: readonly S3Object[]): Promise<boolean> {
  const { client } = bucket;
  const name = bucket.name(key);
  try {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(name));
    try {
      const Parts = await inParallel(COPIES_AT_ONCE, [...sources.entries()], async ([index, source]) => {
        const part = { ...name, UploadId, PartNumber: index + 1 };
        const { CopyPartResult } = await client.send(new UploadPartCopyCommand({ ...part, ...copyOf(bucket, source) }));
        return { PartNumber: index + 1, ETag: CopyPartResult?.ETag };
      });
      await client.send(new CompleteMultipartUploadCommand({ ...name, UploadId, MultipartUpload: { Parts } }));
      return true;
    } catch (error) {
      // What this cannot remove is removed with all that is abandoned.
      await client.send(new AbortMultipartUploadCommand({ ...name, UploadId })).catch(() => {});
      throw error;
    }
  } catch (error) {
    if (isAbsent(error)) return false;
    throw fromS3(error, 'UploadPartCopy');
  }
}

/**
 * Removes what a crash left of `composeObject` before a moment. Servers that list no unfinished uploads by prefix, as MinIO, forget
 * them by themselves; a lifecycle rule of the bucket does it too.
 */
export async function removeUnfinishedCopies(bucket: S3Bucket, begin: string, before: Date): Promise<void> {
  const { Bucket, Key: Prefix } = bucket.name(begin);
  try {
    const { Uploads = [] } = await bucket.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
    const old = Uploads.filter(({ Initiated = before }) => Initiated < before);
    await inParallel(COPIES_AT_ONCE, old, ({ Key, UploadId }) =>
      bucket.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
    );
  } catch (error) {
    throw fromS3(error, 'ListMultipartUploads');
  }
}

function copyOf(bucket: S3Bucket, { key, etag }: S3Object) {
  const { Bucket, Key } = bucket.name(key);
  return { CopySource: encodeURI(`${Bucket}/${Key}`), CopySourceIfMatch: etag };
}
