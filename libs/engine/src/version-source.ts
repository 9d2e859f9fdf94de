import type { ArtifactStore } from '@resmask/artifacts';
import { type ModelVersion, type RegistryClient, ResmaskError } from '@resmask/client';
import { DomainError } from '@resmask/errors';
import { formatAliasName, formatVersionName, parseModelReference, parseNamespace } from '@resmask/resource-names';
import { specFromMessages } from '@resmask/spec-messages';
import { fromRegistry } from './from-registry.js';
import type { KnownVersions } from './known-versions.js';
import type { EnsembleMember, LoadableFile, LoadableVersion } from './loadable-version.js';
import { computingVersions } from './loadable-version.js';
import type { Resolution } from './resolution.js';

/** Versions never change; this many are not asked for twice. */
const REMEMBERED_VERSIONS = 256;

/** Finds versions at the registry and brings their files into the local cache, verified by digest. */
export class VersionSource {
  readonly #versions = new Map<string, LoadableVersion>();
  readonly #fetching = new Map<string, Promise<void>>();

  constructor(
    readonly registry: RegistryClient,
    readonly cache: ArtifactStore,
    /** Largest file taken from the registry. */
    readonly maxBytes: number,
    /** What to go on with while the registry is away. */
    readonly known?: KnownVersions,
  ) {}

  /**
   * What a reference means now; while the registry is away, what it meant last.
   * @throws DomainError as the registry says it, or SERVICE_UNAVAILABLE if it cannot be reached and nothing is known.
   */
  async resolve(parent: string, reference: string): Promise<Resolution> {
    const key = resourceOf(parent, reference);
    try {
      const resolution = await this.#ask(parent, reference);
      await this.known?.set(key, resolution);
      return resolution;
    } catch (error) {
      const known = isAway(error) ? this.known?.get(key) : undefined;
      if (known) return known;
      if (known === null)
        throw new DomainError('MODEL_NOT_FOUND', `${key} did not exist when the registry last answered`);
      throw fromRegistry(error);
    }
  }

  /** Remembers that a reference means nothing yet, so that it is no reason to wait for a registry that is away. */
  async rememberAbsent(parent: string, reference: string): Promise<void> {
    await this.known?.set(resourceOf(parent, reference), null);
  }

  /** A version by its resource name. */
  async get(name: string): Promise<LoadableVersion> {
    try {
      return await this.#load(await this.registry.getModelVersion(name));
    } catch (error) {
      throw fromRegistry(error);
    }
  }

  /** Brings the files of a version, or of an ensemble's members, into the cache unless they are there. */
  async fetch(version: LoadableVersion): Promise<void> {
    for (const member of computingVersions(version)) {
      for (const file of member.version.files) await this.#fetchFile(member.version.name, file);
    }
  }

  /**
   * Brings the files of a version into the cache and does something with them; files that turn out to be damaged there, by a disk or a
   * person, are fetched once more.
   */
  async withFiles<Result>(version: LoadableVersion, act: () => Promise<Result>): Promise<Result> {
    await this.fetch(version);
    try {
      return await act();
    } catch (error) {
      if (!isDamage(error)) throw error;
      for (const { version: single } of computingVersions(version)) {
        for (const { sha256 } of single.files) if (!(await this.#isIntact(sha256))) await this.cache.delete(sha256);
      }
      await this.fetch(version);
      return act();
    }
  }

  async #isIntact(sha256: string): Promise<boolean> {
    try {
      for await (const chunk of this.cache.read(sha256)) void chunk;
      return true;
    } catch (error) {
      if (isDamage(error)) return false;
      throw error;
    }
  }

  async #ask(parent: string, reference: string): Promise<Resolution> {
    const parsed = parseModelReference(reference);
    if ('version' in parsed) {
      return { version: await this.#load(await this.registry.resolveModelVersion(parent, reference)) };
    }
    const namespace = parseNamespace(parent);
    const alias = await this.registry.getAlias(formatAliasName({ namespace, ...parsed }));
    const { canary, shadowVersion } = alias;
    return {
      version: await this.#versionOf(alias.version),
      ...(canary && { canary: { version: await this.#versionOf(canary.version), percent: canary.percent } }),
      ...(shadowVersion !== '' && { shadow: await this.#versionOf(shadowVersion) }),
    };
  }

  /** A version by name, from memory if it was asked for before. */
  async #versionOf(name: string): Promise<LoadableVersion> {
    return this.#versions.get(name) ?? this.#load(await this.registry.getModelVersion(name));
  }

  async #load(version: ModelVersion): Promise<LoadableVersion> {
    const known = this.#versions.get(version.name);
    if (known) return known;
    const loadable = version.members.length > 0 ? await this.#ensemble(version) : single(version);
    this.#versions.set(version.name, loadable);
    for (const name of [...this.#versions.keys()].slice(0, -REMEMBERED_VERSIONS)) this.#versions.delete(name);
    return loadable;
  }

  async #ensemble(version: ModelVersion): Promise<LoadableVersion> {
    const members = await Promise.all(
      version.members.map(
        async (member): Promise<EnsembleMember> => ({
          version: await this.#versionOf(member.version),
          weight: member.weight || 1,
        }),
      ),
    );
    return { name: version.name, digest: version.digest, spec: members[0].version.spec, files: [], members };
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

function single(version: ModelVersion): LoadableVersion {
  return { name: version.name, digest: version.digest, spec: specFromMessages(version), files: version.files };
}

/** The alias or version a reference names: different references may name the same. */
function resourceOf(parent: string, reference: string): string {
  const parsed = parseModelReference(reference);
  const namespace = parseNamespace(parent);
  return 'version' in parsed ? formatVersionName({ namespace, ...parsed }) : formatAliasName({ namespace, ...parsed });
}

/** Whether a file of the cache is no longer there, or no longer what it was. */
function isDamage(error: unknown): boolean {
  return error instanceof DomainError && (error.reason === 'ARTIFACT_CORRUPT' || error.reason === 'ARTIFACT_NOT_FOUND');
}

/** Whether it says nothing about the reference, only that nobody can tell now. */
function isAway(error: unknown): boolean {
  return error instanceof ResmaskError && (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED');
}
