import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { type ArtifactStore, openArtifactStore, type S3Options } from '@resmask/artifacts';
import { MINIO_THERE, MinioServer } from './minio-server.js';

/** Somewhere a store can be opened, as often as needed and from any process. */
export interface StorePlace {
  readonly location: string;
  readonly s3?: S3Options;
  open(): Promise<ArtifactStore>;
  /** Changes one byte of a stored artifact behind the store's back. */
  damage(sha256: string): Promise<void>;
  remove(): Promise<void>;
}

/** Every kind of store, and whether this machine can have it. */
export const STORE_KINDS: readonly { kind: string; there: boolean; start: () => Promise<StorePlace> }[] = [
  { kind: 'a folder', there: true, start: folderPlace },
  { kind: 'S3 (MinIO)', there: MINIO_THERE, start: s3Place },
];

async function folderPlace(): Promise<StorePlace> {
  const location = await mkdtemp(join(tmpdir(), 'resmask-artifacts-'));
  return {
    location,
    open: () => openArtifactStore(location),
    damage: async (sha256) => {
      const path = join(location, pathOf(sha256));
      await writeFile(path, flipped(await readFile(path)));
    },
    remove: () => rm(location, { recursive: true, force: true }),
  };
}

async function s3Place(): Promise<StorePlace> {
  const server = await MinioServer.start();
  const location = `s3://${MinioServer.bucket}/models/test`;
  const client = server.client();
  return {
    location,
    s3: server.options,
    open: () => openArtifactStore(location, server.options),
    damage: async (sha256) => {
      const name = { Bucket: MinioServer.bucket, Key: `models/test/${pathOf(sha256)}` };
      const { Body } = await client.send(new GetObjectCommand(name));
      if (!Body) throw new Error(`${name.Key} has no bytes`);
      await client.send(new PutObjectCommand({ ...name, Body: flipped(await Body.transformToByteArray()) }));
    },
    remove: () => server.stop(),
  };
}

function pathOf(sha256: string): string {
  return `sha256/${sha256.slice(0, 2)}/${sha256}`;
}

function flipped(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[bytes.length >> 1] ^= 1;
  return changed;
}
