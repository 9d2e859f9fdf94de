import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryCalls } from '../support/registry-calls.js';
import { ExpectedRegistry } from '../support/registry-model/expected-registry.js';
import { prepare, registryCommands } from '../support/registry-model/registry-commands.js';
import { stormSize } from '../support/storm.js';
import { TinyRegistry } from '../support/tiny-registry.js';

const RUNS = stormSize(60);
const COMMANDS = 80;

describe('the registry against a model of itself', () => {
  let registry: TinyRegistry;
  let calls: RegistryCalls;

  beforeAll(async () => {
    registry = await TinyRegistry.start();
    calls = new RegistryCalls(registry.platform.service('registry').address);
  });
  afterAll(async () => {
    calls.close();
    await registry.stop();
  });

  it(`holds, tells and refuses the same after every command of ${RUNS} random sequences, with one event for each change`, async () => {
    const { client } = registry;
    let changes = 0;
    const property = fc.asyncProperty(registryCommands(COMMANDS), async (commands) => {
      const expected = new ExpectedRegistry(`namespaces/n-${randomUUID()}`);
      const real = { client, calls };
      await prepare(expected, real);
      await fc.asyncModelRun(() => ({ model: expected, real }), commands);
      await expectReadsAsListed(expected.parent);
      changes += expected.state.events.length;
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: false });
    expect(changes).toBeGreaterThan(RUNS);
  }, 1_200_000);

  async function expectReadsAsListed(parent: string): Promise<void> {
    for await (const model of registry.client.listModels(parent, { showDeleted: true })) {
      expect(await registry.client.getModel(model.name)).toEqual(model);
      for (const alias of model.aliases) expect(await registry.client.getAlias(alias.name)).toEqual(alias);
      for await (const version of registry.client.listModelVersions(model.name, { showDeleted: true }))
        expect(await registry.client.getModelVersion(version.name)).toEqual(version);
    }
  }
});
