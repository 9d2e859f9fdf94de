import { randomUUID } from 'node:crypto';
import {
  type ModelVersion,
  type NewModelVersion,
  type RegistryClient,
  ResmaskError,
  type Task,
  Upload_State,
} from '@resmask/client';
import type { ModelSpec } from '@resmask/model-spec';
import { specToMessages, TASKS } from '@resmask/spec-messages';
import type { FileSource } from './file-source.js';

/** What is told of a version beside its bytes. */
export type VersionFacts = Pick<NewModelVersion, 'description' | 'licence' | 'lineage' | 'modelCard' | 'tags'>;

export interface Registration {
  readonly parent: string;
  readonly model: string;
  /** The graph first, then what holds its weights if they lie beside it. */
  readonly files: readonly FileSource[];
  readonly spec: ModelSpec;
  readonly facts: VersionFacts;
  /** Uploads that were interrupted, by name, to go on with. */
  readonly uploads?: readonly string[];
  /** Told each upload's name as soon as there is one. */
  readonly onBegun?: (upload: string, file: string) => void;
  readonly onProgress?: (sentBytes: number) => void;
}

/** Publishes files as the next version of a model, creating the model if it is new. */
export async function registerModel(registry: RegistryClient, registration: Registration): Promise<ModelVersion> {
  const { parent, model, files, spec, facts } = registration;
  await ensureModel(registry, parent, model, TASKS.wire(spec.output.task));
  await uploadFiles(registry, registration);
  const manifest = files.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, sha256 }));
  const version = { ...facts, files: manifest, ...specToMessages(spec) };
  return registry.createModelVersion(`${parent}/models/${model}`, version, { requestId: randomUUID() });
}

async function uploadFiles(registry: RegistryClient, registration: Registration): Promise<void> {
  const { parent, files, uploads = [], onBegun = () => {}, onProgress = () => {} } = registration;
  const interrupted = await Promise.all(uploads.map((name) => registry.getUpload(name)));
  let before = 0;
  for (const file of files) {
    const name = interrupted.find(
      ({ sha256, state }) => sha256 === file.sha256 && state !== Upload_State.STATE_COMPLETE,
    )?.name;
    await registry.uploadFile(parent, file, {
      name,
      onBegun: (begun) => onBegun(begun, file.path),
      onProgress: (sent) => onProgress(before + sent),
    });
    before += file.sizeBytes;
  }
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

/** Makes a model unless it is there. */
export async function ensureModel(registry: RegistryClient, parent: string, model: string, task: Task): Promise<void> {
  try {
    await registry.getModel(`${parent}/models/${model}`);
  } catch (error) {
    if (!(error instanceof ResmaskError) || error.reason !== 'MODEL_NOT_FOUND') throw error;
    await createUnlessThere(registry, parent, model, task);
  }
}

async function createUnlessThere(registry: RegistryClient, parent: string, model: string, task: Task): Promise<void> {
  try {
    await registry.createModel(parent, model, task);
  } catch (error) {
    // Somebody else was faster; the registry checks that the task fits.
    if (!(error instanceof ResmaskError) || error.reason !== 'MODEL_EXISTS') throw error;
  }
}
