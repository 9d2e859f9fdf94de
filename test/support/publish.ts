import { createHash } from 'node:crypto';
import { type RegistryClient, ResmaskError } from '@resmask/client';
import type { ModelSpec } from '@resmask/model-spec';
import { specToMessages, TASKS } from '@resmask/spec-messages';

const PARENT = 'namespaces/default';

/** Publishes bytes as the next version of a model, and points an alias at it if asked. @returns the version's resource name */
export async function publish(
  registry: RegistryClient,
  model: string,
  bytes: Buffer,
  spec: ModelSpec,
  alias?: string,
): Promise<string> {
  try {
    await registry.createModel(PARENT, model, TASKS.wire(spec.output.task));
  } catch (error) {
    if (!(error instanceof ResmaskError) || error.reason !== 'MODEL_EXISTS') throw error;
  }
  const parent = `${PARENT}/models/${model}`;
  const { name } = await registry.uploadModelVersion(parent, newVersion(bytes, spec), once(bytes));
  if (alias) {
    const aliasName = `${parent}/aliases/${alias}`;
    const etag = await registry.getAlias(aliasName).then(
      (current) => current.etag,
      () => '',
    );
    await registry.setAlias(aliasName, name, etag);
  }
  return name;
}

export function newVersion(bytes: Buffer, spec: ModelSpec) {
  const files = [{ path: 'model.onnx', sizeBytes: bytes.length, sha256: sha256(bytes) }];
  return { description: '', files, ...specToMessages(spec) };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function* once<Item>(item: Item): AsyncGenerator<Item> {
  yield item;
}
