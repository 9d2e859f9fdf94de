import { randomUUID } from 'node:crypto';
import type { ServerReadableStream } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type { ArtifactStore } from '@resmask/artifacts';
import type { Empty } from '@resmask/contracts/google.protobuf/empty';
import type {
  CompleteUploadRequest,
  CreateUploadRequest,
  DeleteUploadRequest,
  GetUploadRequest,
  Upload,
  UploadPart,
  WriteUploadPartRequest,
} from '@resmask/contracts/registry.v1';
import { DomainError, invalidField } from '@resmask/errors';
import { parseNamespace } from '@resmask/resource-names';
import { messagesOf } from '@resmask/service-kit';
import { DataSource } from 'typeorm';
import { Blobs } from '../artifact/blobs.js';
import { ARTIFACT_STORE, UPLOAD_LIMITS, type UploadLimits } from '../registry-parts.js';
import { checkSha256 } from './check-sha256.js';
import { toUploadMessage } from './upload.messages.js';
import { UploadRepository, type UploadRow } from './upload.repository.js';
import { chunkOf } from './upload-chunk.js';

const DEFAULT_PART_BYTES = 16 * 1024 * 1024;
const MAX_PARTS = 10_000;

/** Takes bytes in parts. */
@Injectable()
export class UploadService {
  constructor(
    readonly dataSource: DataSource,
    readonly uploads: UploadRepository,
    readonly blobs: Blobs,
    @Inject(ARTIFACT_STORE) readonly store: ArtifactStore,
    @Inject(UPLOAD_LIMITS) readonly limits: UploadLimits,
  ) {}

  async create({ parent, upload }: CreateUploadRequest): Promise<Upload> {
    const namespace = parseNamespace(parent);
    if (!upload) throw invalidField('upload', 'it is not set');
    const { sizeBytes } = upload;
    if (sizeBytes < 1 || sizeBytes > this.limits.maxArtifactBytes) {
      const description = `got ${sizeBytes}; allowed are 1 to ${this.limits.maxArtifactBytes}`;
      throw invalidField('upload.size_bytes', description, 'ARTIFACT_TOO_LARGE');
    }
    const sha256 = checkSha256(upload.sha256, 'upload.sha256');
    const partBytes = upload.partBytes === 0 ? defaultPart(sizeBytes) : upload.partBytes;
    const id = randomUUID();
    const known = await this.dataSource.transaction((manager) =>
      this.blobs.has(manager, namespace, { sha256, sizeBytes }),
    );
    if (!known) await this.store.stage(id, { sizeBytes, partBytes });
    const state = known ? 'complete' : 'active';
    const row = await this.uploads.insert({ id, namespace, sha256, sizeBytes, partBytes, state });
    return this.#message(row);
  }

  async get({ name }: GetUploadRequest): Promise<Upload> {
    return this.#message(await this.uploads.get(name));
  }

  async write(call: ServerReadableStream<WriteUploadPartRequest, UploadPart>): Promise<UploadPart> {
    const steps = messagesOf(call)[Symbol.asyncIterator]();
    const first = await steps.next();
    if (first.done || first.value.step?.$case !== 'start') {
      throw new DomainError('STREAM_OUT_OF_ORDER', 'the first message of a part must be `start`');
    }
    const { name, part } = first.value.step.value;
    if (!part) throw invalidField('start.part', 'it is not set');
    checkSha256(part.sha256, 'start.part.sha256');
    const upload = await this.uploads.get(name, 'start.name');
    expectActive(upload, name);
    await this.store.writePart(upload.id, part.partNumber, chunksOf(steps), part);
    await this.uploads.extend(upload.id);
    return part;
  }

  async complete({ name }: CompleteUploadRequest): Promise<Upload> {
    const upload = await this.uploads.get(name);
    const { id, namespace, sha256, sizeBytes } = upload;
    if (upload.state === 'complete') return this.#message(upload);
    await this.store.completeStaged(id, { sha256, sizeBytes });
    await this.dataSource.transaction(async (manager) => {
      await this.blobs.add(manager, namespace, { sha256, sizeBytes });
      await this.uploads.complete(id, manager);
    });
    return this.#message(await this.uploads.get(name));
  }

  async delete({ name }: DeleteUploadRequest): Promise<Empty> {
    const upload = await this.uploads.get(name);
    if (upload.state === 'active') await this.store.abortStaged(upload.id);
    await this.uploads.delete(upload.id);
    return {};
  }

  async #message(upload: UploadRow): Promise<Upload> {
    const parts = upload.state === 'active' ? await this.store.stagedParts(upload.id) : [];
    return toUploadMessage(upload, parts);
  }
}

/** So large that an upload of any size has few enough parts. */
function defaultPart(sizeBytes: number): number {
  return Math.max(DEFAULT_PART_BYTES, Math.ceil(sizeBytes / MAX_PARTS));
}

function expectActive({ state }: UploadRow, name: string): void {
  if (state === 'active') return;
  throw new DomainError('UPLOAD_COMPLETE', `${name} is complete; its parts cannot be sent again`, {
    resource: { type: 'registry.resmask.dev/Upload', name },
  });
}

async function* chunksOf(steps: AsyncIterator<WriteUploadPartRequest>): AsyncGenerator<Buffer> {
  for (let step = await steps.next(); !step.done; step = await steps.next()) yield chunkOf(step.value);
}
