import { Inject, Injectable } from '@nestjs/common';
import type { ArtifactStore } from '@resmask/artifacts';
import type {
  BatchGetModelVersionsRequest,
  BatchGetModelVersionsResponse,
  DownloadModelFileRequest,
  DownloadModelFileResponse,
  GetModelVersionRequest,
  ListModelVersionsRequest,
  ListModelVersionsResponse,
  ModelVersion,
  ResolveModelVersionRequest,
} from '@resmask/contracts/registry.v1';
import { DomainError, invalidField } from '@resmask/errors';
import {
  type AliasName,
  formatModelName,
  formatVersionName,
  parseModelName,
  parseModelReference,
  parseNamespace,
  parseVersionName,
} from '@resmask/resource-names';
import { AliasRepository } from '../alias/alias.repository.js';
import { ListQuery } from '../list/list-query.js';
import { nameOf } from '../model/model.messages.js';
import { ModelRepository } from '../model/model.repository.js';
import { ARTIFACT_STORE } from '../registry-parts.js';
import { toVersionMessage } from './version.messages.js';
import { type FoundVersion, VERSION_TYPE, VersionRepository } from './version.repository.js';
import { VERSION_LIST } from './version-list.js';

const MAX_BATCH = 100;

/** Reads versions, resolves references, hands out files. */
@Injectable()
export class VersionService {
  constructor(
    readonly models: ModelRepository,
    readonly versions: VersionRepository,
    readonly aliases: AliasRepository,
    @Inject(ARTIFACT_STORE) readonly store: ArtifactStore,
  ) {}

  async get({ name }: GetModelVersionRequest): Promise<ModelVersion> {
    return toVersionMessage(await this.versions.get(parseVersionName(name)));
  }

  async list(request: ListModelVersionsRequest): Promise<ListModelVersionsResponse> {
    const { parent, showDeleted } = request;
    const query = new ListQuery(VERSION_LIST, request, ['versions', parent, String(showDeleted)]);
    const model = await this.models.get(parseModelName(parent, 'parent'));
    const { rows, nextPageToken } = await this.versions.list(model, query, showDeleted);
    return { modelVersions: rows.map(toVersionMessage), nextPageToken };
  }

  async batchGet({ parent, names }: BatchGetModelVersionsRequest): Promise<BatchGetModelVersionsResponse> {
    if (names.length < 1 || names.length > MAX_BATCH)
      throw invalidField('names', `there are ${names.length}; allowed are 1 to ${MAX_BATCH}`);
    const modelName = parseModelName(parent, 'parent');
    const numbers = names.map((name, i) => {
      const parsed = parseVersionName(name, `names[${i}]`);
      if (formatModelName(parsed) === parent) return parsed.version;
      throw invalidField(`names[${i}]`, `got ${name}; a version of ${parent} is needed`);
    });
    const found = await this.versions.getAll(await this.models.get(modelName), numbers);
    return { modelVersions: found.map(toVersionMessage) };
  }

  /** @throws DomainError VERSION_NOT_READY for a deleted one. */
  async resolve({ parent, reference }: ResolveModelVersionRequest): Promise<ModelVersion> {
    const namespace = parseNamespace(parent);
    const parsed = parseModelReference(reference);
    const name = { namespace, model: parsed.model };
    const version = 'version' in parsed ? parsed.version : await this.#versionOf({ ...name, alias: parsed.alias });
    const found = await this.versions.get({ ...name, version });
    expectServed(found);
    return toVersionMessage(found);
  }

  async #versionOf(name: AliasName): Promise<number> {
    const { version } = await this.aliases.get(await this.models.get(name), name);
    return version;
  }

  async *download(request: DownloadModelFileRequest): AsyncGenerator<DownloadModelFileResponse> {
    const { name, path, offset, length } = request;
    if (offset < 0 || length < 0)
      throw invalidField('offset', `got ${offset} and a length of ${length}; neither may be below 0`);
    const found = await this.versions.get(parseVersionName(name));
    expectServed(found);
    const { version } = found;
    const file = version.files.find((candidate) => candidate.path === path);
    if (!file) {
      const paths = version.files.map((candidate) => candidate.path).join(', ');
      throw new DomainError('ARTIFACT_NOT_FOUND', `path: the version has no file "${path}"; it has ${paths}`);
    }
    const range = { offset, ...(length > 0 && { length }) };
    const whole = offset === 0 && length === 0;
    const chunks = this.store.read(file.sha256.toString('hex'), whole ? undefined : range);
    for await (const chunk of chunks) yield { chunk };
  }
}

function expectServed({ model, version: { state, version } }: FoundVersion): void {
  if (state !== 'deleted' && !model.deleteTime) return;
  const name = formatVersionName({ ...nameOf(model), version });
  const what = model.deleteTime ? 'its model is deleted' : 'it is deleted';
  throw new DomainError('VERSION_NOT_READY', `${name} is not served: ${what}; undelete it first`, {
    resource: { type: VERSION_TYPE, name },
  });
}
