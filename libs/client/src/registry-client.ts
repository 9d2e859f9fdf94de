import {
  type Alias,
  type Model,
  type ModelVersion,
  RegistryServiceClient,
  type Task,
  type UploadModelVersionRequest,
} from '@resmask/contracts/registry.v1alpha1';
import { type Channel, callUnary, openChannel } from './channel.js';
import type { ConnectOptions } from './connect-options.js';
import { allPages } from './pages.js';
import { ResmaskError } from './resmask-error.js';
import { type Progress, upload } from './upload.js';

/** A version to publish: what the service does not set itself. */
export type NewModelVersion = Pick<ModelVersion, 'description' | 'architecture' | 'inputSpec' | 'outputSpec' | 'files'>;

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

  createModel(parent: string, modelId: string, task: Task, description = '', requestId = ''): Promise<Model> {
    const model = {
      name: '',
      task,
      description,
      latestVersion: 0,
      aliases: [],
      etag: '',
      createTime: undefined,
      updateTime: undefined,
    };
    return callUnary(this.#channel, this.#client.createModel, { parent, modelId, model, requestId });
  }

  getModel(name: string): Promise<Model> {
    return callUnary(this.#channel, this.#client.getModel, { name });
  }

  listModels(parent: string): AsyncGenerator<Model> {
    return allPages(async (pageToken) => {
      const page = await callUnary(this.#channel, this.#client.listModels, { parent, pageSize: 0, pageToken });
      return { items: page.models, nextPageToken: page.nextPageToken };
    });
  }

  /** Publishes a version; `bytes` are those of its files, in the order of the manifest, no chunk spanning two files. */
  uploadModelVersion(
    parent: string,
    version: NewModelVersion,
    bytes: AsyncIterable<Uint8Array>,
    { requestId = '', onProgress }: UploadOptions = {},
  ): Promise<ModelVersion> {
    const outputOnly = {
      name: '',
      parameterCount: 0,
      digest: '',
      aliases: [],
      etag: '',
      createTime: undefined,
      task: 0,
    };
    const modelVersion: ModelVersion = { ...outputOnly, ...version };
    return upload(
      this.#client,
      this.#client.uploadModelVersion,
      { step: { $case: 'start', value: { parent, modelVersion, requestId } } },
      bytes,
      (value): UploadModelVersionRequest => ({ step: { $case: 'chunk', value } }),
      onProgress,
    );
  }

  getModelVersion(name: string): Promise<ModelVersion> {
    return callUnary(this.#channel, this.#client.getModelVersion, { name });
  }

  listModelVersions(parent: string): AsyncGenerator<ModelVersion> {
    return allPages(async (pageToken) => {
      const page = await callUnary(this.#channel, this.#client.listModelVersions, { parent, pageSize: 0, pageToken });
      return { items: page.modelVersions, nextPageToken: page.nextPageToken };
    });
  }

  /** The version that `name`, `name@alias` or `name/version` means now. */
  resolveModelVersion(parent: string, reference: string): Promise<ModelVersion> {
    return callUnary(this.#channel, this.#client.resolveModelVersion, { parent, reference });
  }

  /** The bytes of one file of a version. */
  async *downloadModelFile(name: string, path: string): AsyncGenerator<Buffer> {
    const call = this.#client.downloadModelFile({ name, path });
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

  /** Points an alias at a version; `etag` must be that of the existing alias, and empty for a new one. */
  setAlias(name: string, version: string, etag: string, reason = '', requestId = ''): Promise<Alias> {
    const alias: Alias = { name, version, etag, updateTime: undefined };
    return callUnary(this.#channel, this.#client.setAlias, { alias, reason, requestId });
  }

  close(): void {
    this.#client.close();
  }

  get #client(): RegistryServiceClient {
    return this.#channel.client;
  }
}
