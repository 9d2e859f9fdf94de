import { Inject, Injectable } from '@nestjs/common';
import { CreateModelVersionRequest, ModelVersion } from '@resmask/contracts/registry.v1';
import { DomainError, invalidField } from '@resmask/errors';
import { parseModelName } from '@resmask/resource-names';
import { DataSource } from 'typeorm';
import { Blobs } from '../artifact/blobs.js';
import { changeCall } from '../change/change-call.js';
import { Changes } from '../change/changes.js';
import { Idempotency } from '../change/idempotency.js';
import { UPLOAD_LIMITS, type UploadLimits } from '../registry-parts.js';
import { GraphInspection } from './graph-inspection.js';
import { type NewSingle, readNewVersion } from './new-version.js';
import { VersionPublishing } from './version-publishing.js';

/** Publishes versions of files that have been uploaded, and ensembles of versions. */
@Injectable()
export class VersionCreation {
  constructor(
    readonly dataSource: DataSource,
    readonly idempotency: Idempotency,
    readonly changes: Changes,
    readonly blobs: Blobs,
    readonly graphs: GraphInspection,
    readonly publishing: VersionPublishing,
    @Inject(UPLOAD_LIMITS) readonly limits: UploadLimits,
  ) {}

  async create(request: CreateModelVersionRequest): Promise<ModelVersion> {
    const call = changeCall('CreateModelVersion', request, CreateModelVersionRequest, ModelVersion);
    const published = await this.idempotency.find(call);
    if (published) return published;
    const model = parseModelName(request.parent, 'parent');
    if (!request.modelVersion) throw invalidField('model_version', 'it is not set');
    const version = readNewVersion(model, request.modelVersion, this.limits.maxArtifactBytes, 'model_version');
    if (version.kind === 'ensemble') {
      return this.changes.make(call, (manager) => this.publishing.publishEnsemble(manager, version));
    }
    await this.#expectUploaded(version);
    const parameterCount = await this.graphs.inspect(version);
    return this.changes.make(call, (manager) => this.publishing.publishSingle(manager, version, parameterCount));
  }

  /** Touches the bytes too, so that the collection leaves them alone while the graph is looked at. */
  async #expectUploaded({ files, model: { namespace } }: NewSingle): Promise<void> {
    for (const [i, file] of files.entries()) {
      const there = await this.dataSource.transaction((manager) => this.blobs.has(manager, namespace, file));
      if (there) continue;
      throw new DomainError(
        'ARTIFACT_NOT_FOUND',
        `model_version.files[${i}]: "${file.path}" (${file.sizeBytes} bytes, sha256 ${file.sha256}) has not been uploaded to namespace "${namespace}"; upload it with CreateUpload first`,
      );
    }
  }
}
