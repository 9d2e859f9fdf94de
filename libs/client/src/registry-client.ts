import {
  type Alias,
  type AliasEvent,
  CreateModelRequest,
  CreateModelVersionRequest,
  DeleteModelRequest,
  DeleteModelVersionRequest,
  type Event,
  type Model,
  ModelVersion,
  RegistryServiceClient,
  RollbackAliasRequest,
  SetAliasRequest,
  type Task,
  UpdateAliasRequest,
  UpdateModelRequest,
  type Upload,
  type UploadModelVersionRequest,
} from '@resmask/contracts/registry.v1';
import { type AliasTraffic, trafficUpdate } from './alias-traffic.js';
import { type Channel, callUnary, openChannel } from './channel.js';
import type { ConnectOptions } from './connect-options.js';
import { allPages } from './pages.js';
import { ResmaskError } from './resmask-error.js';
import { type Progress, upload } from './upload.js';
import { type UploadFileOptions, type UploadSource, uploadFile } from './upload-file.js';
import { type WatchEventsOptions, watchEvents } from './watch-events.js';

/** A version to publish: what the service does not set itself. */
export type NewModelVersion = Pick<
  ModelVersion,
  'description' | 'architecture' | 'inputSpec' | 'outputSpec' | 'files'
> &
  Partial<Pick<ModelVersion, 'licence' | 'lineage' | 'modelCard' | 'tags'>>;

/** What is told of a model, and may be changed. */
export type ModelFacts = Partial<Pick<Model, 'description' | 'labels'>>;

export interface ListOptions {
  /** Also what has been deleted. */
  readonly showDeleted?: boolean;
  /** Which to give, such as `state = STATE_READY AND tags.accuracy > 0.7`; a subset of AIP-160. */
  readonly filter?: string;
  /** In which order, such as `create_time desc`. */
  readonly orderBy?: string;
}

export interface ChangeOptions {
  /** As it was read; a stale one is refused. */
  readonly etag?: string;
  /** A UUID that makes repeating the same call safe. */
  readonly requestId?: string;
  /** Check everything and change nothing. */
  readonly validateOnly?: boolean;
}

export interface UploadOptions {
  /** A UUID that makes repeating the same upload safe. */
  readonly requestId?: string;
  readonly onProgress?: Progress;
}

/** Models, versions and aliases. Every method throws ResmaskError. */
export class RegistryClient {
  readonly #channel: Channel<RegistryServiceClient>;

  constructor(address: string, options: ConnectOptions = {}) {
    this.#channel = openChannel(RegistryServiceClient, address, options);
  }

  createModel(parent: string, modelId: string, task: Task, facts: ModelFacts = {}, requestId = ''): Promise<Model> {
    const request = CreateModelRequest.fromPartial({ parent, modelId, model: { task, ...facts }, requestId });
    return callUnary(this.#channel, this.#client.createModel, request);
  }

  /** Deleted ones too. */
  getModel(name: string): Promise<Model> {
    return callUnary(this.#channel, this.#client.getModel, { name });
  }

  listModels(parent: string, options: ListOptions = {}): AsyncGenerator<Model> {
    return allPages(async (pageToken) => {
      const { showDeleted = false, filter = '', orderBy = '' } = options;
      const request = { parent, pageSize: 0, pageToken, showDeleted, filter, orderBy };
      const page = await callUnary(this.#channel, this.#client.listModels, request);
      return { items: page.models, nextPageToken: page.nextPageToken };
    });
  }

  /** Changes what is given; labels are replaced as a whole. */
  updateModel(name: string, change: ModelFacts, etag = ''): Promise<Model> {
    const model = { name, etag, ...change };
    const request = UpdateModelRequest.fromPartial({ model, updateMask: Object.keys(change) });
    return callUnary(this.#channel, this.#client.updateModel, request);
  }

  deleteModel(name: string, options: ChangeOptions = {}): Promise<Model> {
    return callUnary(this.#channel, this.#client.deleteModel, DeleteModelRequest.fromPartial({ name, ...options }));
  }

  undeleteModel(name: string, requestId = ''): Promise<Model> {
    return callUnary(this.#channel, this.#client.undeleteModel, { name, requestId });
  }

  /** Publishes a version; `bytes` are those of its files, in the order of the manifest, no chunk spanning two files. */
  uploadModelVersion(
    parent: string,
    version: NewModelVersion,
    bytes: AsyncIterable<Uint8Array>,
    { requestId = '', onProgress }: UploadOptions = {},
  ): Promise<ModelVersion> {
    const modelVersion = ModelVersion.fromPartial(version);
    return upload(
      this.#client,
      this.#client.uploadModelVersion,
      { step: { $case: 'start', value: { parent, modelVersion, requestId } } },
      bytes,
      (value): UploadModelVersionRequest => ({ step: { $case: 'chunk', value } }),
      onProgress,
    );
  }

  /** Brings bytes into the registry in parts; an upload that was interrupted goes on where it was. */
  uploadFile(parent: string, source: UploadSource, options: UploadFileOptions = {}): Promise<Upload> {
    return uploadFile(this.#channel, parent, source, options);
  }

  getUpload(name: string): Promise<Upload> {
    return callUnary(this.#channel, this.#client.getUpload, { name });
  }

  async deleteUpload(name: string): Promise<void> {
    await callUnary(this.#channel, this.#client.deleteUpload, { name });
  }

  /** Publishes a version of files that have been uploaded, or an ensemble of versions. */
  createModelVersion(
    parent: string,
    version: Partial<NewModelVersion> & Partial<Pick<ModelVersion, 'members'>>,
    options: Omit<ChangeOptions, 'etag'> = {},
  ): Promise<ModelVersion> {
    const request = CreateModelVersionRequest.fromPartial({ parent, modelVersion: version, ...options });
    return callUnary(this.#channel, this.#client.createModelVersion, request);
  }

  /** Deleted ones too. */
  getModelVersion(name: string): Promise<ModelVersion> {
    return callUnary(this.#channel, this.#client.getModelVersion, { name });
  }

  /** All of them, or none. */
  async batchGetModelVersions(parent: string, names: readonly string[]): Promise<ModelVersion[]> {
    const request = { parent, names: [...names] };
    return (await callUnary(this.#channel, this.#client.batchGetModelVersions, request)).modelVersions;
  }

  /** Newest first. */
  listModelVersions(parent: string, options: ListOptions = {}): AsyncGenerator<ModelVersion> {
    return allPages(async (pageToken) => {
      const { showDeleted = false, filter = '', orderBy = '' } = options;
      const request = { parent, pageSize: 0, pageToken, showDeleted, filter, orderBy };
      const page = await callUnary(this.#channel, this.#client.listModelVersions, request);
      return { items: page.modelVersions, nextPageToken: page.nextPageToken };
    });
  }

  /** Changes what is given; tags are replaced as a whole. */
  updateModelVersion(
    name: string,
    change: Partial<Pick<ModelVersion, 'description' | 'tags'>>,
    etag = '',
  ): Promise<ModelVersion> {
    const modelVersion = ModelVersion.fromPartial({ name, etag, ...change });
    const request = { modelVersion, updateMask: Object.keys(change), requestId: '' };
    return callUnary(this.#channel, this.#client.updateModelVersion, request);
  }

  archiveModelVersion(name: string, etag = '', requestId = ''): Promise<ModelVersion> {
    return callUnary(this.#channel, this.#client.archiveModelVersion, { name, etag, requestId });
  }

  unarchiveModelVersion(name: string, etag = '', requestId = ''): Promise<ModelVersion> {
    return callUnary(this.#channel, this.#client.unarchiveModelVersion, { name, etag, requestId });
  }

  deleteModelVersion(name: string, options: ChangeOptions = {}): Promise<ModelVersion> {
    const request = DeleteModelVersionRequest.fromPartial({ name, ...options });
    return callUnary(this.#channel, this.#client.deleteModelVersion, request);
  }

  undeleteModelVersion(name: string, requestId = ''): Promise<ModelVersion> {
    return callUnary(this.#channel, this.#client.undeleteModelVersion, { name, requestId });
  }

  /** The version that `name`, `name@alias` or `name/version` means now. */
  resolveModelVersion(parent: string, reference: string): Promise<ModelVersion> {
    return callUnary(this.#channel, this.#client.resolveModelVersion, { parent, reference });
  }

  /** The bytes of one file of a version. */
  async *downloadModelFile(name: string, path: string, { offset = 0, length = 0 } = {}): AsyncGenerator<Buffer> {
    const call = this.#client.downloadModelFile({ name, path, offset, length });
    try {
      for await (const { chunk } of call) yield chunk;
    } catch (error) {
      throw ResmaskError.from(error);
    } finally {
      call.cancel();
    }
  }

  getAlias(name: string): Promise<Alias> {
    return callUnary(this.#channel, this.#client.getAlias, { name });
  }

  listAliases(parent: string): AsyncGenerator<Alias> {
    return allPages(async (pageToken) => {
      const page = await callUnary(this.#channel, this.#client.listAliases, { parent, pageSize: 0, pageToken });
      return { items: page.aliases, nextPageToken: page.nextPageToken };
    });
  }

  /** Points an alias at a version, which ends its canary; `etag` must be that of the existing alias, and empty for a new one. */
  setAlias(name: string, version: string, etag: string, reason = '', requestId = ''): Promise<Alias> {
    const request = SetAliasRequest.fromPartial({ alias: { name, version, etag }, reason, requestId });
    return callUnary(this.#channel, this.#client.setAlias, request);
  }

  /** Changes an alias's canary or shadow; `etag` must be that of the alias. */
  updateAlias(name: string, traffic: AliasTraffic, etag: string, reason = '', requestId = ''): Promise<Alias> {
    const { values, updateMask } = trafficUpdate(traffic);
    const request = UpdateAliasRequest.fromPartial({ alias: { name, etag, ...values }, updateMask, reason, requestId });
    return callUnary(this.#channel, this.#client.updateAlias, request);
  }

  /** Points an alias back at the version before the last promotion. */
  rollbackAlias(name: string, etag: string, reason = '', requestId = ''): Promise<Alias> {
    const request = RollbackAliasRequest.fromPartial({ name, etag, reason, requestId });
    return callUnary(this.#channel, this.#client.rollbackAlias, request);
  }

  async deleteAlias(name: string, etag: string, reason = '', requestId = ''): Promise<void> {
    await callUnary(this.#channel, this.#client.deleteAlias, { name, etag, reason, requestId });
  }

  /** Every change of an alias, newest first. */
  listAliasEvents(alias: string): AsyncGenerator<AliasEvent> {
    return allPages(async (pageToken) => {
      const request = { parent: alias, pageSize: 0, pageToken };
      const page = await callUnary(this.#channel, this.#client.listAliasEvents, request);
      return { items: page.aliasEvents, nextPageToken: page.nextPageToken };
    });
  }

  /** Every change of a namespace, or of one of its models, oldest first: the audit log. */
  listEvents(parent: string, model = ''): AsyncGenerator<Event> {
    return allPages(async (pageToken) => {
      const page = await callUnary(this.#channel, this.#client.listEvents, { parent, pageSize: 200, pageToken, model });
      return { items: page.events, nextPageToken: page.nextPageToken };
    });
  }

  /**
   * Changes as they happen, none left out and none twice: reconnects by itself and goes on after the last one seen.
   * @param after number of the last event seen; 0 for all there have been, -1 for new ones only
   */
  watchEvents(parent: string, options: WatchEventsOptions = {}): AsyncGenerator<Event> {
    return watchEvents((request) => this.#client.watchEvents(request), parent, options);
  }

  close(): void {
    this.#client.close();
  }

  get #client(): RegistryServiceClient {
    return this.#channel.client;
  }
}
