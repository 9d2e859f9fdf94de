import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { inParallel } from './in-parallel.js';
import type { S3Bucket, S3Object } from './s3-bucket.js';
import { fromS3, isAbsent } from './s3-errors.js';

const COPIES_AT_ONCE = 8;
const UNFINISHED = 'copies/';

interface UnfinishedCopy {
  readonly key: string;
  readonly uploadId: string;
}

/**
 * Makes one object of several, in their order, without their bytes leaving the server; it appears at once and whole. Each but the last
 * needs 5 MiB, and there may be 10,000 of up to 5 GiB each.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 * @returns false if a source is no longer there or no longer the same
 */
export async function composeObject(bucket: S3Bucket, key: string, sources: readonly S3Object[]): Promise<boolean> {
  const copy = await begin(bucket, key);
  // Some servers list no unfinished uploads without their key, and what nobody can name would lie there, unseen, for ever.
  const record = `${UNFINISHED}${randomUUID()}`;
  await bucket.put(record, Buffer.from(JSON.stringify(copy)));
  try {
    await finish(bucket, copy, sources);
    return true;
  } catch (error) {
    await abort(bucket, copy);
    if (isAbsent(error)) return false;
    throw fromS3(error, 'UploadPartCopy');
  } finally {
    await bucket.delete(record);
  }
}

/** Removes what crashes left of `composeObject` before a moment, in milliseconds since 1970. */
export async function removeUnfinishedCopies(bucket: S3Bucket, before: number): Promise<void> {
  for await (const { key: record, modifiedTime } of bucket.list(UNFINISHED)) {
    if (modifiedTime.getTime() >= before) continue;
    const text = await bucket.getText(record);
    if (text !== undefined) await abort(bucket, JSON.parse(text));
    await bucket.delete(record);
  }
}

async function begin(bucket: S3Bucket, key: string): Promise<UnfinishedCopy> {
  try {
    const { UploadId: uploadId = '' } = await bucket.client.send(new CreateMultipartUploadCommand(bucket.name(key)));
    return { key, uploadId };
  } catch (error) {
    throw fromS3(error, 'CreateMultipartUpload');
  }
}

async function finish(bucket: S3Bucket, { key, uploadId }: UnfinishedCopy, sources: readonly S3Object[]) {
  const upload = { ...bucket.name(key), UploadId: uploadId };
  const Parts = await inParallel(COPIES_AT_ONCE, [...sources.entries()], async ([index, source]) => {
    const { Bucket, Key } = bucket.name(source.key);
    const from = { CopySource: encodeURI(`${Bucket}/${Key}`), CopySourceIfMatch: source.etag };
    const command = new UploadPartCopyCommand({ ...upload, ...from, PartNumber: index + 1 });
    const { CopyPartResult } = await bucket.client.send(command);
    return { PartNumber: index + 1, ETag: CopyPartResult?.ETag };
  });
  await bucket.client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
}

async function abort(bucket: S3Bucket, { key, uploadId }: UnfinishedCopy): Promise<void> {
  try {
    await bucket.client.send(new AbortMultipartUploadCommand({ ...bucket.name(key), UploadId: uploadId }));
  } catch (error) {
    if (!isAbsent(error)) throw fromS3(error, 'AbortMultipartUpload');
  }
}
