import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGraph, findArchitecture, type NetworkOptions, networkOptions } from '@resmask/architectures';
import type { RegistryClient } from '@resmask/client';
import type { InputSpec, ModelSpec } from '@resmask/model-spec';
import { encodeModelChunks, type ModelProto } from '@resmask/onnx';
import { openFileSource } from '../../apps/cli/dist/models/file-source.js';
import { promote, registerModel } from '../../apps/cli/dist/models/register-model.js';
import { buildNetwork } from '../../apps/cli/dist/networks/build-network.js';
import { type Reference, readReferences } from '../parity/reference.js';
import { ruleWeights } from './rule-weights.js';
import { PARENT } from './test-platform.js';

/** The paper's networks with the parity vectors' weights, as files of a temporary folder. */
export class PaperNetworks {
  readonly references: ReadonlyMap<string, Reference>;

  private constructor(
    readonly folder: string,
    references: readonly Reference[],
  ) {
    this.references = new Map(references.map((reference) => [reference.file, reference]));
  }

  /** @param parity the folder with the parity vectors */
  static async open(parity: string): Promise<PaperNetworks> {
    return new PaperNetworks(await mkdtemp(join(tmpdir(), 'resmask-paper-')), readReferences(parity));
  }

  /** @param file name of a parity vector: a network, and a side where it is not the usual one */
  reference(file: string): Reference {
    const reference = this.references.get(file);
    if (!reference) throw new TypeError(`there is no reference ${file}`);
    return reference;
  }

  /** The network's own but for the source: the published code feeds grey faces, the parity vectors have colours. */
  spec(file: string, source: InputSpec['source']): ModelSpec {
    const architecture = findArchitecture(this.reference(file).network);
    const spec = architecture.spec(networkOptions(architecture, this.#options(file)));
    return { ...spec, input: { ...spec.input, source } };
  }

  /** The graph as it is registered, with all its weights in memory. */
  graph(file: string): ModelProto {
    const { network, statistics } = this.reference(file);
    return buildGraph(findArchitecture(network), ruleWeights(statistics), this.#options(file)).build();
  }

  /** Writes a changed graph piece by piece: bytes handed to another thread would be there three times. @returns its path */
  async write(model: ModelProto): Promise<string> {
    const path = this.path('changed');
    await writeFile(path, encodeModelChunks(model));
    return path;
  }

  path(file: string): string {
    return join(this.folder, `${modelOf(file)}.onnx`);
  }

  /** Builds a network as `resmask networks build` does, registers it by an upload in parts and promotes it. @returns its version's name */
  async publish(registry: RegistryClient, file: string, source: InputSpec['source']): Promise<string> {
    const { network, statistics } = this.reference(file);
    const architecture = findArchitecture(network);
    const target = {
      architecture,
      options: this.#options(file),
      format: { fold: true, half: false },
      file: this.path(file),
    };
    await buildNetwork(target, ruleWeights(statistics));
    const { name } = await registerModel(registry, {
      parent: PARENT,
      model: modelOf(file),
      files: [await openFileSource(this.path(file))],
      spec: this.spec(file, source),
      facts: { description: '' },
    });
    await promote(registry, name, 'production', '');
    return name;
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  #options(file: string): Partial<NetworkOptions> {
    const [, channels, size] = this.reference(file).input;
    return { channels: channels as 1 | 3, size };
  }
}

/** The model a network is registered as. */
export function modelOf(file: string): string {
  return file.replaceAll(/[_@]/g, '-');
}
