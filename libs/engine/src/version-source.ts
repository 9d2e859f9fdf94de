import type { ArtifactStore } from '@resmask/artifacts';
import { type ModelVersion, type RegistryClient, ResmaskError } from '@resmask/client';
import { DomainError, isReason } from '@resmask/errors';
import { specFromMessages } from '@resmask/spec-messages';
import type { LoadableVersion } from './loadable-version.js';

/** Finds versions at the registry and brings their files into the local cache, verified by digest. */
export class VersionSource {
  readonly #lastKnown = new Map<string, LoadableVersion>();
  readonly #fetching = new Map<string, Promise<void>>();

  constructor(
    readonly registry: RegistryClient,
    readonly cache: ArtifactStore,
    /** Largest file taken from the registry. */
    readonly maxBytes: number,
  ) {}

  /**
   * The version a reference means now; while the registry is away, what it meant last.
   * @throws DomainError as the registry says it, or SERVICE_UNAVAILABLE if it cannot be reached and nothing is known.
   */
  async resolve(parent: string, reference: string): Promise<LoadableVersion> {
    const key = `${parent}/${reference}`;
    try {
      const version = toLoadable(await this.registry.resolveModelVersion(parent, reference));
      this.#lastKnown.set(key, version);
      return version;
    } catch (error) {
      const known = this.#lastKnown.get(key);
      if (known && error instanceof ResmaskError && error.code === 'UNAVAILABLE') return known;
      throw fromRegistry(error);
    }
  }

  /** A version by its resource name. */
  async get(name: string): Promise<LoadableVersion> {
    try {
      return toLoadable(await this.registry.getModelVersion(name));
    } catch (error) {
      throw fromRegistry(error);
    }
  }

  /** Brings a version's graph into the cache unless it is there. */
  async fetch(version: LoadableVersion): Promise<void> {
    const { modelSha256 } = version;
    if (await this.cache.has(modelSha256)) return;
    const running = this.#fetching.get(modelSha256) ?? this.#download(version);
    this.#fetching.set(modelSha256, running);
    try {
      await running;
    } finally {
      this.#fetching.delete(modelSha256);
    }
  }

  async #download({ name, modelPath, modelSha256, sizeBytes }: LoadableVersion): Promise<void> {
    const writer = await this.cache.writer(this.maxBytes);
    try {
      for await (const chunk of this.registry.downloadModelFile(name, modelPath)) await writer.write(chunk);
      await writer.commit({ sha256: modelSha256, sizeBytes });
    } catch (error) {
      await writer.discard();
      throw fromRegistry(error);
    }
  }
}

function toLoadable(version: ModelVersion): LoadableVersion {
  const [model] = version.files;
  return {
    name: version.name,
    digest: version.digest,
    spec: specFromMessages(version),
    modelSha256: model.sha256,
    modelPath: model.path,
    sizeBytes: model.sizeBytes,
  };
}

/** The registry's own words where it gave a reason; otherwise that it cannot be reached. */
function fromRegistry(error: unknown): unknown {
  if (!(error instanceof ResmaskError)) return error;
  const { reason, message, metadata, violations } = error;
  // Said of this service's own credentials; passed on, a client would take it for a word about theirs.
  if (error.code === 'UNAUTHENTICATED' || error.code === 'PERMISSION_DENIED') {
    return new DomainError('SERVICE_UNAVAILABLE', `the model registry refuses this service itself: ${message}`, {
      cause: error,
    });
  }
  if (isReason(reason)) return new DomainError(reason, message, { metadata, violations, cause: error });
  return new DomainError(
    'SERVICE_UNAVAILABLE',
    `the model registry cannot be used at the moment (${error.code}); try again`,
    {
      cause: error,
      retryAfterMs: 1000,
    },
  );
}
