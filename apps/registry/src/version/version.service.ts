import { Inject, Injectable } from '@nestjs/common';
import type { ArtifactStore } from '@resmask/artifacts';
import type {
  DownloadModelFileRequest,
  DownloadModelFileResponse,
  GetModelVersionRequest,
  ListModelVersionsRequest,
  ListModelVersionsResponse,
  ModelVersion,
  ResolveModelVersionRequest,
} from '@resmask/contracts/registry.v1alpha1';
import { DomainError } from '@resmask/errors';
import { parseModelName, parseModelReference, parseNamespace, parseVersionName } from '@resmask/resource-names';
import { nextPageToken, readPage } from '@resmask/service-kit';
import { ModelRepository } from '../model/model.repository.js';
import { ARTIFACT_STORE } from '../registry-parts.js';
import { toVersionMessage } from './version.messages.js';
import { VersionRepository } from './version.repository.js';

/** Reads versions, resolves references, hands out files. */
@Injectable()
export class VersionService {
  constructor(
    readonly models: ModelRepository,
    readonly versions: VersionRepository,
    @Inject(ARTIFACT_STORE) readonly store: ArtifactStore,
  ) {}

  async get({ name }: GetModelVersionRequest): Promise<ModelVersion> {
    return toVersionMessage(await this.versions.get(parseVersionName(name)));
  }

  async list(request: ListModelVersionsRequest): Promise<ListModelVersionsResponse> {
    const scope = ['versions', request.parent];
    const page = readPage(request, scope);
    const model = await this.models.get(parseModelName(request.parent, 'parent'));
    const before = page.after === undefined ? undefined : Number(page.after);
    const rows = await this.versions.list(model, before, page.size + 1);
    const shown = rows.slice(0, page.size);
    return {
      modelVersions: shown.map(toVersionMessage),
      nextPageToken:
        rows.length > page.size ? nextPageToken(String(shown[shown.length - 1].version.version), scope) : '',
    };
  }

  async resolve({ parent, reference }: ResolveModelVersionRequest): Promise<ModelVersion> {
    const namespace = parseNamespace(parent);
    const parsed = parseModelReference(reference);
    const name = { namespace, model: parsed.model };
    if ('version' in parsed) return toVersionMessage(await this.versions.get({ ...name, version: parsed.version }));
    const model = await this.models.get(name);
    const { version } = await this.versions.alias(model, { ...name, alias: parsed.alias });
    return toVersionMessage(await this.versions.get({ ...name, version }));
  }

  async *download({ name, path }: DownloadModelFileRequest): AsyncGenerator<DownloadModelFileResponse> {
    const { version } = await this.versions.get(parseVersionName(name));
    const file = version.files.find((candidate) => candidate.path === path);
    if (!file) {
      const paths = version.files.map((candidate) => candidate.path).join(', ');
      throw new DomainError('ARTIFACT_NOT_FOUND', `path: the version has no file "${path}"; it has ${paths}`);
    }
    for await (const chunk of this.store.read(file.sha256.toString('hex'))) yield { chunk };
  }
}
