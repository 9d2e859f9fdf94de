import { randomUUID } from 'node:crypto';
import { type GateClient, type ModelVersion, RegistryClient, Task } from '@resmask/client';
import { newVersion, once } from './publish.js';
import { PARENT, TestPlatform } from './test-platform.js';
import { TINY_SPEC, tinyModel } from './tiny-model.js';

/** A registry with helpers that publish models of a few hundred bytes. */
export class TinyRegistry {
  private constructor(readonly platform: TestPlatform) {}

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<TinyRegistry> {
    return new TinyRegistry(await TestPlatform.start(settings));
  }

  get client(): RegistryClient {
    return this.platform.registry;
  }

  get gates(): GateClient {
    return this.platform.gates;
  }

  /** A client with a connection of its own. */
  connect(): RegistryClient {
    return new RegistryClient(this.platform.service('registry').address);
  }

  /** A new model with so many versions. @returns its resource name */
  async model(versions = 0, client = this.client): Promise<string> {
    const id = `m-${randomUUID()}`;
    const { name } = await client.createModel(PARENT, id, Task.TASK_EXPRESSION);
    for (let i = 0; i < versions; i += 1) await this.publish(name, i + 1, client);
    return name;
  }

  publish(model: string, seed = 1, client = this.client, requestId = ''): Promise<ModelVersion> {
    const bytes = tinyModel(seed);
    return client.uploadModelVersion(model, newVersion(bytes, TINY_SPEC), once(bytes), { requestId });
  }

  stop(): Promise<void> {
    return this.platform.stop();
  }
}
