import type { ArtifactStore } from '@resmask/artifacts';
import { type ModelVersion, type RegistryClient, ResmaskError } from '@resmask/client';
import { DomainError, isReason } from '@resmask/errors';
import { specFromMessages } from '@resmask/spec-messages';
import type { LoadableFile, LoadableVersion } from './loadable-version.js';

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

  /** Brings a version's files into the cache unless they are there. */
  async fetch(version: LoadableVersion): Promise<void> {
    for (const file of version.files) await this.#fetchFile(version.name, file);
  }

  async #fetchFile(version: string, file: LoadableFile): Promise<void> {
    const { sha256 } = file;
    if (await this.cache.has(sha256)) return;
    const running = this.#fetching.get(sha256) ?? this.#download(version, file);
    this.#fetching.set(sha256, running);
    try {
      await running;
    } finally {
      this.#fetching.delete(sha256);
    }
  }

  async #download(version: string, { path, sha256, sizeBytes }: LoadableFile): Promise<void> {
    const writer = await this.cache.writer(this.maxBytes);
    try {
      for await (const chunk of this.registry.downloadModelFile(version, path)) await writer.write(chunk);
      await writer.commit({ sha256, sizeBytes });
    } catch (error) {
      await writer.discard();
      throw fromRegistry(error);
    }
  }
}

function toLoadable(version: ModelVersion): LoadableVersion {
  if (version.members.length > 0) {
    throw new DomainError(
      'MODEL_UNLOADABLE',
      `${version.name} is an ensemble, and this service loads single versions; name one of ${version.members.map((member) => member.version).join(', ')}`,
    );
  }
  return {
    name: version.name,
    digest: version.digest,
    spec: specFromMessages(version),
    files: version.files,
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
