import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ModelVersion, type NewModelVersion, type RegistryClient, ResmaskError } from '@resmask/client';
import { DomainError } from '@resmask/errors';
import type { ModelSpec } from '@resmask/model-spec';
import { specToMessages, TASKS } from '@resmask/spec-messages';

/** What is told of a version beside its bytes. */
export type VersionFacts = Pick<NewModelVersion, 'description' | 'licence' | 'lineage' | 'modelCard' | 'tags'>;

export interface Registration {
  readonly parent: string;
  readonly model: string;
  readonly file: string;
  readonly spec: ModelSpec;
  readonly facts: VersionFacts;
  readonly onProgress?: (sentBytes: number) => void;
}

/** Publishes a file as the next version of a model, creating the model if it is new. */
export async function registerModel(registry: RegistryClient, registration: Registration): Promise<ModelVersion> {
  const { parent, model, file, spec, facts, onProgress } = registration;
  const sizeBytes = await fileSize(file);
  const sha256 = await fileDigest(file);
  await ensureModel(registry, parent, model, spec);
  const files = [{ path: basename(file), sizeBytes, sha256 }];
  const version = { ...facts, files, ...specToMessages(spec) };
  const options = { requestId: randomUUID(), onProgress };
  return registry.uploadModelVersion(`${parent}/models/${model}`, version, createReadStream(file), options);
}

/** Points an alias at a version, whatever it pointed at before. */
export async function promote(registry: RegistryClient, version: string, alias: string, reason: string) {
  const model = version.slice(0, version.lastIndexOf('/versions/'));
  const name = `${model}/aliases/${alias}`;
  const etag = await currentEtag(registry, name);
  return registry.setAlias(name, version, etag, reason, randomUUID());
}

async function currentEtag(registry: RegistryClient, alias: string): Promise<string> {
  try {
    return (await registry.getAlias(alias)).etag;
  } catch (error) {
    if (error instanceof ResmaskError && error.reason === 'ALIAS_NOT_FOUND') return '';
    throw error;
  }
}

async function ensureModel(registry: RegistryClient, parent: string, model: string, spec: ModelSpec): Promise<void> {
  try {
    await registry.getModel(`${parent}/models/${model}`);
  } catch (error) {
    if (!(error instanceof ResmaskError) || error.reason !== 'MODEL_NOT_FOUND') throw error;
    await createUnlessThere(registry, parent, model, spec);
  }
}

async function createUnlessThere(
  registry: RegistryClient,
  parent: string,
  model: string,
  spec: ModelSpec,
): Promise<void> {
  try {
    await registry.createModel(parent, model, TASKS.wire(spec.output.task));
  } catch (error) {
    // Somebody else was faster; the upload checks that the task fits.
    if (!(error instanceof ResmaskError) || error.reason !== 'MODEL_EXISTS') throw error;
  }
}

/** @throws DomainError FILE_UNREADABLE. */
export async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw new DomainError(
      'FILE_UNREADABLE',
      `${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  }
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
