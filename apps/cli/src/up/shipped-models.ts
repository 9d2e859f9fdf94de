import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findArchitecture } from '@resmask/architectures';
import { type RegistryClient, ResmaskError } from '@resmask/client';
import { openFileSource } from '../models/file-source.js';
import { promote, registerModel } from '../models/register-model.js';
import { readSpecFile, specPathOf } from '../models/spec-file.js';
import { buildNetwork } from '../networks/build-network.js';
import { SHIPPED_NETWORKS, shippedWeights } from '../networks/shipped-weights.js';
import { PLAIN_FORMAT } from '../networks/write-model.js';

/** Registers and promotes the shipped networks that the registry does not have. @returns the versions it published */
export async function registerShippedModels(registry: RegistryClient, parent: string): Promise<string[]> {
  const published: string[] = [];
  for (const model of SHIPPED_NETWORKS) {
    if (await isRegistered(registry, `${parent}/models/${model}`)) continue;
    const file = fileURLToPath(new URL(`../../../../build/models/${model}.onnx`, import.meta.url));
    if (!existsSync(file)) {
      const target = { architecture: findArchitecture(model), options: {}, format: PLAIN_FORMAT, file };
      await buildNetwork(target, await shippedWeights(model));
    }
    const spec = await readSpecFile(specPathOf(file));
    const { name } = await registerModel(registry, {
      parent,
      model,
      files: [await openFileSource(file)],
      spec,
      facts: { description: 'shipped with resmask', licence: 'Apache-2.0' },
    });
    await promote(registry, name, 'production', 'shipped with resmask');
    published.push(name);
  }
  return published;
}

async function isRegistered(registry: RegistryClient, name: string): Promise<boolean> {
  try {
    const { latestVersion } = await registry.getModel(name);
    return latestVersion > 0;
  } catch (error) {
    if (error instanceof ResmaskError && error.reason === 'MODEL_NOT_FOUND') return false;
    throw error;
  }
}
