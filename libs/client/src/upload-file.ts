import { createHash } from 'node:crypto';
import {
  type RegistryServiceClient,
  type Upload,
  Upload_State,
  type UploadPart,
  type WriteUploadPartRequest,
} from '@resmask/contracts/registry.v1alpha1';
import { type Channel, callUnary } from './channel.js';
import { ResmaskError } from './resmask-error.js';
import { type Progress, upload } from './upload.js';

/** Bytes that can be read again from any place, because a connection may be lost. */
export interface UploadSource {
  readonly sizeBytes: number;
  readonly sha256: string;
  read(offset: number, length: number): AsyncIterable<Uint8Array>;
}

export interface UploadFileOptions {
  /** Go on with this upload instead of beginning one. */
  readonly name?: string;
  /** Size of a part in bytes; the service chooses without it. */
  readonly partBytes?: number;
  /** Told the upload's name as soon as there is one, so that it can be gone on with later. */
  readonly onBegun?: (name: string) => void;
  readonly onProgress?: Progress;
}

const ATTEMPTS = 5;

/** Sends a file in parts, those that the service has not got, each again if its connection is lost. @throws ResmaskError. */
export async function uploadFile(
  channel: Channel<RegistryServiceClient>,
  parent: string,
  source: UploadSource,
  { name, partBytes = 0, onBegun = () => {}, onProgress = () => {} }: UploadFileOptions,
): Promise<Upload> {
  const { client } = channel;
  const begun = name
    ? await callUnary(channel, client.getUpload, { name })
    : await callUnary(channel, client.createUpload, { parent, upload: newUpload(source, partBytes) });
  onBegun(begun.name);
  if (begun.state === Upload_State.STATE_COMPLETE) return begun;
  const there = new Set(begun.parts.map(({ partNumber }) => partNumber));
  for (let offset = 0; offset < source.sizeBytes; offset += begun.partBytes) {
    const partNumber = offset / begun.partBytes + 1;
    const sizeBytes = Math.min(begun.partBytes, source.sizeBytes - offset);
    if (!there.has(partNumber)) await sendPart(client, begun.name, source, { offset, partNumber, sizeBytes });
    onProgress(offset + sizeBytes);
  }
  return callUnary({ ...channel, timeoutMs: COMPLETE_TIMEOUT_MS }, client.completeUpload, { name: begun.name });
}

/** The whole is read and verified once more. */
const COMPLETE_TIMEOUT_MS = 600_000;

interface PartPlace {
  readonly offset: number;
  readonly partNumber: number;
  readonly sizeBytes: number;
}

async function sendPart(
  client: RegistryServiceClient,
  name: string,
  source: UploadSource,
  place: PartPlace,
): Promise<void> {
  const { offset, partNumber, sizeBytes } = place;
  const part = { partNumber, sizeBytes, sha256: await digestOf(source.read(offset, sizeBytes)) };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await send(client, name, part, source.read(offset, sizeBytes));
      return;
    } catch (error) {
      const again = error instanceof ResmaskError && error.code === 'UNAVAILABLE' && attempt < ATTEMPTS;
      if (!again) throw error;
    }
  }
}

function send(
  client: RegistryServiceClient,
  name: string,
  part: UploadPart,
  bytes: AsyncIterable<Uint8Array>,
): Promise<UploadPart> {
  return upload(
    client,
    client.writeUploadPart,
    { step: { $case: 'start', value: { name, part } } },
    bytes,
    (value): WriteUploadPartRequest => ({ step: { $case: 'chunk', value } }),
  );
}

function newUpload({ sizeBytes, sha256 }: UploadSource, partBytes: number): Upload {
  return {
    name: '',
    sizeBytes,
    sha256,
    partBytes,
    state: Upload_State.STATE_UNSPECIFIED,
    parts: [],
    createTime: undefined,
    expireTime: undefined,
  };
}

async function digestOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest('hex');
}
