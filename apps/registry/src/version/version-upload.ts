import { type ServerReadableStream } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type { ArtifactStore } from '@resmask/artifacts';
import {
  ModelVersion,
  type UploadModelVersionRequest,
  UploadModelVersionStart,
} from '@resmask/contracts/registry.v1alpha1';
import { DomainError, invalidField } from '@resmask/errors';
import { countParameters, decodeModel } from '@resmask/onnx';
import { messagesOf } from '@resmask/service-kit';
import type { EntityManager } from 'typeorm';
import { Changes } from '../change/changes.js';
import { Idempotency } from '../change/idempotency.js';
import { ModelEntity } from '../model/model.entity.js';
import { ModelRepository } from '../model/model.repository.js';
import { ARTIFACT_STORE, UPLOAD_LIMITS, type UploadLimits } from '../registry-parts.js';
import { checkGraph } from './graph-check.js';
import { type NewFile, type NewVersion, readNewVersion, versionDigest } from './new-version.js';
import { ArtifactBlobEntity, VersionEntity, VersionFileEntity } from './version.entity.js';
import { toVersionMessage } from './version.messages.js';
import { VersionRepository } from './version.repository.js';

const MAX_CHUNK_BYTES = 1024 * 1024;

type UploadCall = ServerReadableStream<UploadModelVersionRequest, ModelVersion>;

/** Publishes versions: bytes into the store first, verified; then everything else in one transaction. */
@Injectable()
export class VersionUpload {
  constructor(
    readonly models: ModelRepository,
    readonly versions: VersionRepository,
    readonly idempotency: Idempotency,
    readonly changes: Changes,
    @Inject(ARTIFACT_STORE) readonly store: ArtifactStore,
    @Inject(UPLOAD_LIMITS) readonly limits: UploadLimits,
  ) {}

  async receive(upload: UploadCall): Promise<ModelVersion> {
    const steps = messagesOf(upload)[Symbol.asyncIterator]();
    const start = await readStart(steps);
    const call = {
      method: 'UploadModelVersion',
      requestId: start.requestId,
      request: UploadModelVersionStart.encode({ ...start, requestId: '' }).finish(),
      codec: ModelVersion,
    };
    const published = await this.idempotency.find(call);
    if (published) return published;
    const version = readNewVersion(start, this.limits.maxArtifactBytes);
    await this.#checkTask(version);
    await this.#store(version.file, steps);
    const graph = decodeModel(await this.store.readAll(version.file.sha256));
    checkGraph(graph, version.spec);
    const parameterCount = countParameters(graph);
    return this.changes.make(call, async (manager) => {
      const response = await this.#publish(manager, version, parameterCount);
      const { namespace, model } = version.model;
      const resource = response.name.slice(`namespaces/${namespace}/`.length);
      return { response, record: { namespace, model, resource, after: { digest: response.digest } } };
    });
  }

  async #checkTask({ model: name, spec }: NewVersion): Promise<void> {
    const { task } = await this.models.get(name);
    if (task === spec.output.task) return;
    throw invalidField(
      'start.model_version.output_spec',
      `it is for task "${spec.output.task}", the versions of model "${name.model}" are for "${task}"`,
      'TASK_MISMATCH',
    );
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

  async #publish(manager: EntityManager, version: NewVersion, parameterCount: number): Promise<ModelVersion> {
    const { id } = await this.models.lockLive(version.model, manager);
    // The row lock makes numbers consecutive: whoever publishes next waits until this transaction is over.
    const { raw } = await manager
      .createQueryBuilder()
      .update(ModelEntity)
      .set({ nextVersion: () => 'next_version + 1', revision: () => 'revision + 1', updateTime: () => 'now()' })
      .where({ id })
      .returning('next_version - 1 AS number')
      .execute();
    const number: number = raw[0].number;
    const { spec, description, file, licence, lineage, modelCard, tags } = version;
    const sha256 = Buffer.from(file.sha256, 'hex');
    await manager
      .createQueryBuilder()
      .insert()
      .into(ArtifactBlobEntity)
      .values({ sha256, sizeBytes: String(file.sizeBytes) })
      .orIgnore()
      .execute();
    await manager.insert(VersionEntity, {
      model: id,
      version: number,
      digest: versionDigest(version),
      architecture: spec.architecture,
      parameterCount: String(parameterCount),
      inputSpec: spec.input,
      outputSpec: spec.output,
      description,
      licence,
      lineage,
      modelCard,
      tags,
    });
    await manager.insert(VersionFileEntity, { model: id, version: number, position: 0, path: file.path, sha256 });
    return toVersionMessage(await this.versions.get({ ...version.model, version: number }, manager));
  }
}

async function readStart(steps: AsyncIterator<UploadModelVersionRequest>): Promise<UploadModelVersionStart> {
  const first = await steps.next();
  if (first.done || first.value.step?.$case !== 'start') {
    throw new DomainError('STREAM_OUT_OF_ORDER', 'the first message of an upload must be `start`');
  }
  return first.value.step.value;
}

function chunkOf({ step }: UploadModelVersionRequest): Buffer {
  if (step?.$case !== 'chunk') {
    throw new DomainError('STREAM_OUT_OF_ORDER', 'after `start` every message of an upload must be `chunk`');
  }
  if (step.value.length > MAX_CHUNK_BYTES) {
    throw invalidField('chunk', `it has ${step.value.length} bytes; at most ${MAX_CHUNK_BYTES} are allowed`);
  }
  return step.value;
}
