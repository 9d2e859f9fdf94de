import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { StoredArtifact } from '../artifact-store.js';
import type { ByteSpan } from '../byte-span.js';
import { fromFirstLook, fromS3, isAbsent } from './s3-errors.js';
import type { S3Settings } from './s3-settings.js';

const CONNECTION_TIMEOUT_MS = 5_000;
/** A connection without a byte for so long is dead; a server may think for minutes about a large copy. */
const IDLE_TIMEOUT_MS = 300_000;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** An object as the bucket describes it. */
export interface S3Object {
  /** Without the store's prefix. */
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedTime: Date;
  readonly etag: string;
}

/** The objects under a prefix of a bucket. Keys are without the prefix; every error is fit to be logged. */
export class S3Bucket {
  readonly client: S3Client;

  constructor(readonly settings: S3Settings) {
    const { endpoint, region, pathStyle, credentials } = settings;
    this.client = new S3Client({
      endpoint,
      region: region ?? process.env['AWS_REGION'] ?? 'us-east-1',
      forcePathStyle: pathStyle ?? false,
      credentials,
      // Not every server knows the checksums the SDK would add; we give a sha256 with what we write and verify what we read.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: IDLE_TIMEOUT_MS },
      logger: SILENT,
    });
  }

  /** @throws DomainError CONFIG_INVALID if the bucket is not there or may not be used, SERVICE_UNAVAILABLE. */
  async check(): Promise<void> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.settings.bucket }));
    } catch (error) {
      throw fromFirstLook(error, this.settings);
    }
  }

  /** The full name of a key, as the server knows it. */
  name(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.settings.bucket, Key: `${this.settings.prefix}${key}` };
  }

  /** An object's description and the sha256 it was written with, or undefined if there is none. */
  async head(key: string): Promise<(S3Object & { readonly sha256?: string }) | undefined> {
    try {
      const found = await this.client.send(new HeadObjectCommand(this.name(key)));
      const sha256 = found.Metadata?.['sha256'];
      return { ...described(key, found.ContentLength, found.LastModified, found.ETag), sha256 };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw fromS3(error, 'HeadObject');
    }
  }

  /** An object's bytes, or undefined if there is none. @throws while they are read, DomainError SERVICE_UNAVAILABLE. */
  async get(key: string, span?: ByteSpan): Promise<AsyncIterable<Buffer> | undefined> {
    const range = span && `bytes=${span.offset}-${span.offset + span.length - 1}`;
    try {
      const { Body } = await this.client.send(new GetObjectCommand({ ...this.name(key), Range: range }));
      return bytesOf(Body as Readable);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw fromS3(error, 'GetObject');
    }
  }

  /** A small object's text, or undefined if there is none. */
  async getText(key: string): Promise<string | undefined> {
    const bytes = await this.get(key);
    return bytes && Buffer.concat(await Array.fromAsync(bytes)).toString();
  }

  /** Writes an object at once and whole. */
  async put(key: string, bytes: Buffer): Promise<S3Object> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const command = new PutObjectCommand({ ...this.name(key), Body: bytes, ...withDigest(sha256) });
    try {
      const { ETag } = await this.client.send(command);
      return described(key, bytes.length, new Date(), ETag);
    } catch (error) {
      throw fromS3(error, 'PutObject');
    }
  }

  /** Writes an object from a stream of exactly the announced bytes; if the stream fails there is no object, and its error is thrown. */
  async putStream(key: string, chunks: AsyncIterable<Uint8Array>, announced: StoredArtifact): Promise<void> {
    const abort = new AbortController();
    const body = Readable.from(chunks);
    let failure: Error | undefined;
    // The SDK pipes the body and would wait for ever for the rest of a broken one.
    body.on('error', (error) => {
      failure = error;
      abort.abort();
    });
    const digest = withDigest(announced.sha256);
    const size = { ContentLength: announced.sizeBytes };
    const command = new PutObjectCommand({ ...this.name(key), Body: body, ...size, ...digest });
    try {
      await this.client.send(command, { abortSignal: abort.signal });
    } catch (error) {
      throw failure ?? fromS3(error, 'PutObject');
    } finally {
      body.destroy();
    }
  }

  /** Removes an object, if it is there. */
  async delete(key: string): Promise<void> {
    try {
      await this.client.send(new DeleteObjectCommand(this.name(key)));
    } catch (error) {
      if (!isAbsent(error)) throw fromS3(error, 'DeleteObject');
    }
  }

  /** Every object whose key begins so, in the order of the keys. */
  async *list(begin: string): AsyncGenerator<S3Object> {
    const { Bucket, Key } = this.name(begin);
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket, Prefix: Key, ContinuationToken: token });
      const page = await this.client.send(command).catch((error: unknown) => {
        throw fromS3(error, 'ListObjectsV2');
      });
      for (const { Key: full = '', Size, LastModified, ETag } of page.Contents ?? []) {
        yield described(full.slice(this.settings.prefix.length), Size, LastModified, ETag);
      }
      token = page.NextContinuationToken;
    } while (token);
  }
}

/** The server compares the first with what arrives; the second tells us later what an object holds. */
function withDigest(sha256: string) {
  return { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'), Metadata: { sha256 } };
}

function described(key: string, sizeBytes = 0, modifiedTime = new Date(0), etag = ''): S3Object {
  return { key, sizeBytes, modifiedTime, etag };
}

async function* bytesOf(body: Readable): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw fromS3(error, 'GetObject');
  }
}
