import { type RegistryClient, ResmaskError, Task } from '@resmask/client';
import { CreateModelRequest } from '@resmask/contracts/registry.v1';
import { expect } from 'vitest';
import type { RegistryCalls } from '../registry-calls.js';
import { ExpectedRegistry } from './expected-registry.js';
import { expectedView, type NamespaceView } from './observed-registry.js';
import { perform, type RegistryCall } from './registry-call.js';
import { type Intent, toCall } from './registry-intent.js';

const INTENT: Omit<Intent, 'method'> = {
  model: '',
  version: 1,
  alias: 'production',
  canary: { version: 2, percent: 10 },
  shadow: undefined,
  updateMask: ['canary'],
  text: '',
  etag: 'current',
  requestId: 'new',
  validateOnly: false,
  pick: 0,
};

/** Kinds of writes, each a round of calls that can be made again and again. */
export const WRITES: Readonly<Record<string, readonly Partial<Intent>[]>> = {
  'creating models': [{ method: 'CreateModel' }],
  'changing models': [{ method: 'UpdateModel' }],
  'deleting models and bringing them back': [{ method: 'DeleteModel' }, { method: 'UndeleteModel' }],
  'publishing versions': [{ method: 'UploadModelVersion' }],
  'changing versions': [{ method: 'UpdateModelVersion' }],
  'archiving versions and back': [{ method: 'ArchiveModelVersion' }, { method: 'UnarchiveModelVersion' }],
  'deleting versions and bringing them back': [{ method: 'DeleteModelVersion' }, { method: 'UndeleteModelVersion' }],
  promoting: [{ method: 'SetAlias' }, { method: 'SetAlias', version: 2 }],
  'rolling back': [{ method: 'SetAlias' }, { method: 'SetAlias', version: 2 }, { method: 'RollbackAlias' }],
  'changing canaries': [
    { method: 'SetAlias' },
    { method: 'UpdateAlias' },
    { method: 'UpdateAlias', canary: undefined },
  ],
  'deleting aliases': [{ method: 'SetAlias' }, { method: 'DeleteAlias' }],
};

/** One client that does the same kind of write on a model of its own, one after the other, and knows what must come of it. */
export class WritingLane {
  readonly expected: ExpectedRegistry;
  #step = 0;

  constructor(
    parent: string,
    readonly id: string,
    readonly writes: readonly Partial<Intent>[],
  ) {
    this.expected = new ExpectedRegistry(parent);
  }

  /** A model with two versions. */
  async prepare(client: RegistryClient, calls: RegistryCalls): Promise<void> {
    const { parent } = this.expected;
    const model = { task: Task.TASK_EXPRESSION };
    const request = CreateModelRequest.fromPartial({ parent, modelId: this.id, model });
    await this.make({ method: 'CreateModel', request }, client, calls);
    for (const seed of [1, 2]) {
      const publish = { parent: `${parent}/models/${this.id}`, seed, requestId: '' };
      await this.make({ method: 'UploadModelVersion', request: publish }, client, calls);
    }
  }

  /** Writes until the service goes away. @returns the call it did not answer */
  async writeUntilLost(client: RegistryClient, calls: RegistryCalls, answered: () => void): Promise<RegistryCall> {
    for (;;) {
      const call = this.next();
      try {
        await this.make(call, client, calls);
      } catch (error) {
        // A service that refuses gives a reason; a lost connection has none.
        if (error instanceof ResmaskError && error.reason === '') return call;
        throw error;
      }
      answered();
    }
  }

  /** The next call of the round. */
  next(): RegistryCall {
    const { method = 'CreateModel', ...write } = this.writes[this.#step % this.writes.length];
    this.#step += 1;
    const model = method === 'CreateModel' ? `${this.id}-${this.#step}` : this.id;
    return toCall({ ...INTENT, model, text: `step ${this.#step}`, ...write, method }, this.expected);
  }

  /** What the service should tell of this lane. */
  get view(): NamespaceView {
    return expectedView(this.expected.state, ['production']);
  }

  /** What the service tells of this lane, out of what it tells of the namespace. */
  partOf({ models, events }: NamespaceView): NamespaceView {
    const mine = events.filter(({ resource }) => resource.startsWith(`models/${this.id}`));
    return {
      models: models.filter(({ id }) => id.startsWith(this.id)),
      // Other lanes' events lie between them.
      events: mine.map((event, i) => ({ ...event, number: i + 1 })),
    };
  }

  /** Makes a call and expects that it changed something. */
  async make(call: RegistryCall, client: RegistryClient, calls: RegistryCalls): Promise<void> {
    const answer = await perform(client, calls, call);
    expect(this.expected.apply(call)).toEqual({ kind: 'done' });
    this.expected.answered(call, answer);
  }
}
