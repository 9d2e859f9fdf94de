import { Metadata } from '@grpc/grpc-js';
import {
  type RegistryServiceClient,
  RegistryServiceService,
  type Upload,
  Upload_State,
  type UploadPart,
  type WriteUploadPartStart,
} from '@resmask/contracts/registry.v1';
import { type Channel, callUnary } from './channel.js';
import { PartMemory } from './part-memory.js';
import { ResmaskError } from './resmask-error.js';
import { type Progress, sendAll } from './upload.js';

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
  /** Parts on their way at the same time: one is sent while another is written to the disk. */
  readonly concurrency?: number;
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
  options: UploadFileOptions,
): Promise<Upload> {
  const { client } = channel;
  const { name, partBytes = 0, onBegun = () => {} } = options;
  const begun = name
    ? await callUnary(channel, client.getUpload, { name })
    : await callUnary(channel, client.createUpload, { parent, upload: newUpload(source, partBytes) });
  onBegun(begun.name);
  if (begun.state === Upload_State.STATE_COMPLETE) return begun;
  await sendParts(client, begun, source, options);
  return callUnary({ ...channel, timeoutMs: COMPLETE_TIMEOUT_MS }, client.completeUpload, { name: begun.name });
}

/** The whole is read and verified once more. */
const COMPLETE_TIMEOUT_MS = 600_000;

interface PartPlace {
  readonly offset: number;
  readonly partNumber: number;
  readonly sizeBytes: number;
}

async function sendParts(
  client: RegistryServiceClient,
  begun: Upload,
  source: UploadSource,
  { concurrency = 2, onProgress = () => {} }: UploadFileOptions,
): Promise<void> {
  const there = new Set(begun.parts.map(({ partNumber }) => partNumber));
  const places = placesOf(begun.partBytes, source.sizeBytes);
  let stored = 0;
  const lane = async (): Promise<void> => {
    const memory = new PartMemory();
    for (const place of places) {
      if (!there.has(place.partNumber)) await sendPart(client, begun.name, source, place, memory);
      stored += place.sizeBytes;
      onProgress(stored);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}

/** One generator for all lanes: whoever is free takes the next, and when one fails nobody begins another. */
function* placesOf(partBytes: number, sizeBytes: number): Generator<PartPlace> {
  for (let offset = 0, partNumber = 1; offset < sizeBytes; offset += partBytes, partNumber += 1)
    yield { offset, partNumber, sizeBytes: Math.min(partBytes, sizeBytes - offset) };
}

async function sendPart(
  client: RegistryServiceClient,
  name: string,
  source: UploadSource,
  place: PartPlace,
  memory: PartMemory,
): Promise<void> {
  const { offset, partNumber, sizeBytes } = place;
  const { sha256, messages } = await memory.read(sizeBytes, () => source.read(offset, sizeBytes));
  const start = { name, part: { partNumber, sizeBytes, sha256 } };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await send(client, start, messages());
      return;
    } catch (error) {
      const again = error instanceof ResmaskError && error.code === 'UNAVAILABLE' && attempt < ATTEMPTS;
      if (!again) throw error;
    }
  }
}

function send(
  client: RegistryServiceClient,
  start: WriteUploadPartStart,
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<UploadPart> {
  const { path, requestSerialize, responseDeserialize } = RegistryServiceService.writeUploadPart;
  async function* messages(): AsyncGenerator<Buffer> {
    yield requestSerialize({ step: { $case: 'start', value: start } });
    yield* chunks;
  }
  return sendAll(
    (callback) =>
      client.makeClientStreamRequest(path, (message: Buffer) => message, responseDeserialize, new Metadata(), callback),
    messages(),
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
