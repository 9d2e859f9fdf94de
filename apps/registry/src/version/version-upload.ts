import { type ServerReadableStream } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type { ArtifactStore } from '@resmask/artifacts';
import { ModelVersion, type UploadModelVersionRequest, UploadModelVersionStart } from '@resmask/contracts/registry.v1';
import { DomainError, invalidField } from '@resmask/errors';
import { parseModelName } from '@resmask/resource-names';
import { messagesOf } from '@resmask/service-kit';
import { changeCall } from '../change/change-call.js';
import { Changes } from '../change/changes.js';
import { Idempotency } from '../change/idempotency.js';
import { ModelRepository } from '../model/model.repository.js';
import { ARTIFACT_STORE, UPLOAD_LIMITS, type UploadLimits } from '../registry-parts.js';
import { chunkOf } from '../upload/upload-chunk.js';
import { GraphInspection } from './graph-inspection.js';
import { type NewFile, type NewSingle, readNewVersion } from './new-version.js';
import { expectTask, VersionPublishing } from './version-publishing.js';

type UploadCall = ServerReadableStream<UploadModelVersionRequest, ModelVersion>;

/** Publishes a version of one file in one call: bytes into the store first, verified; then everything else in one transaction. */
@Injectable()
export class VersionUpload {
  constructor(
    readonly models: ModelRepository,
    readonly idempotency: Idempotency,
    readonly changes: Changes,
    readonly graphs: GraphInspection,
    readonly publishing: VersionPublishing,
    @Inject(ARTIFACT_STORE) readonly store: ArtifactStore,
    @Inject(UPLOAD_LIMITS) readonly limits: UploadLimits,
  ) {}

  async receive(upload: UploadCall): Promise<ModelVersion> {
    const steps = messagesOf(upload)[Symbol.asyncIterator]();
    const start = await readStart(steps);
    const call = changeCall('UploadModelVersion', start, UploadModelVersionStart, ModelVersion);
    const published = await this.idempotency.find(call);
    if (published) return published;
    const version = readSingle(start, this.limits.maxArtifactBytes);
    const model = await this.models.get(version.model);
    expectTask(version.spec.output.task, model.task, model.modelId);
    await this.#store(version.files[0], steps);
    const parameterCount = await this.graphs.inspect(version);
    return this.changes.make(call, (manager) => this.publishing.publishSingle(manager, version, parameterCount));
  }

  async #store(file: NewFile, steps: AsyncIterator<UploadModelVersionRequest>): Promise<void> {
    const writer = await this.store.writer(this.limits.maxArtifactBytes);
    try {
      for (let step = await steps.next(); !step.done; step = await steps.next())
        await writer.write(chunkOf(step.value));
      await writer.commit({ sha256: file.sha256, sizeBytes: file.sizeBytes });
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }
}

function readSingle(start: UploadModelVersionStart, maxBytes: number): NewSingle {
  const model = parseModelName(start.parent, 'start.parent');
  const field = 'start.model_version';
  if (!start.modelVersion) throw invalidField(field, 'it is not set');
  const version = readNewVersion(model, start.modelVersion, maxBytes, field);
  if (version.kind === 'single' && version.files.length === 1) return version;
  throw invalidField(
    `${field}.files`,
    'one call takes one file; several files go through CreateUpload, and ensembles have none: see CreateModelVersion',
  );
}

async function readStart(steps: AsyncIterator<UploadModelVersionRequest>): Promise<UploadModelVersionStart> {
  const first = await steps.next();
  if (first.done || first.value.step?.$case !== 'start') {
    throw new DomainError('STREAM_OUT_OF_ORDER', 'the first message of an upload must be `start`');
  }
  return first.value.step.value;
}
