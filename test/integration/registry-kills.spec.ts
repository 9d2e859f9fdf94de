import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryClient } from '@resmask/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newVersion, sha256 } from '../support/publish.js';
import { RegistryCalls } from '../support/registry-calls.js';
import { observedView } from '../support/registry-model/observed-registry.js';
import { perform, type RegistryCall } from '../support/registry-model/registry-call.js';
import { WRITES, WritingLane } from '../support/registry-model/writing-lane.js';
import { LONG, stormSize } from '../support/storm.js';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.js';
import { TinyRegistry } from '../support/tiny-registry.js';

const KINDS = Object.keys(WRITES);
const KILLS_OF_EACH = Math.ceil(stormSize(100) / KINDS.length);
const LANES = ['a', 'b', 'c', 'd'];

describe('a registry killed in the middle of writing', () => {
  let registry: TinyRegistry;
  /** What became of the calls that were not answered. */
  const found = { absent: 0, there: 0 };

  beforeAll(async () => {
    registry = await TinyRegistry.start();
  });
  afterAll(() => registry.stop());

  it.each(KINDS)(
    `keeps what it answered, and of the rest all or nothing: ${KILLS_OF_EACH} times %s`,
    async (kind) => {
      for (let i = 0; i < KILLS_OF_EACH; i += 1) await killOnce(kind);
    },
    300_000,
  );

  it('has been looked at after every kill, and in many of them on both sides of the moment that decides', () => {
    expect(found.absent + found.there).toBe(KILLS_OF_EACH * KINDS.length * LANES.length);
    if (LONG) expect(Math.min(found.absent, found.there)).toBeGreaterThan(0);
  });

  async function killOnce(kind: string): Promise<void> {
    const parent = `namespaces/k-${randomUUID()}`;
    const lanes = LANES.map((id) => new WritingLane(parent, id, WRITES[kind]));
    const unanswered = await connected(async (client, calls) => {
      for (const lane of lanes) await lane.prepare(client, calls);
      const kill = killAfter(1 + Math.floor(Math.random() * 40));
      const lost = await Promise.all(lanes.map((lane) => lane.writeUntilLost(client, calls, kill.answered)));
      await kill.done;
      return lost;
    });
    await registry.platform.service('registry').restart();
    await connected(async (client, calls) => {
      for (const [i, lane] of lanes.entries()) await expectAllOrNothing(lane, unanswered[i], client, calls);
      const numbers = (await Array.fromAsync(client.listEvents(parent))).map(({ number }) => number);
      expect(numbers).toEqual(numbers.map((_, i) => i + 1));
      if (kind === 'publishing versions') await expectFiles(`${parent}/models/a`, client);
    });
  }

  /** Kills the service a random moment after so many answers. */
  function killAfter(answers: number) {
    let left = answers;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const answered = (): void => {
      left -= 1;
      if (left !== 0) return;
      delay(Math.random() * 4)
        .then(() => registry.platform.service('registry').kill())
        .then(resolve, reject);
    };
    return { answered, done: promise };
  }

  /** The service holds what it answered, with the last call or without it; and repeating that one makes it whole. */
  async function expectAllOrNothing(
    lane: WritingLane,
    last: RegistryCall,
    client: RegistryClient,
    calls: RegistryCalls,
  ) {
    const look = async () => lane.partOf(await observedView(client, lane.expected.parent, ['production']));
    const seen = await look();
    const there = seen.events.some(({ requestId }) => requestId === last.request.requestId);
    if (!there) expect(seen).toEqual(lane.view);
    expect(lane.expected.apply(last)).toEqual({ kind: 'done' });
    if (there) expect(seen).toEqual(lane.view);
    found[there ? 'there' : 'absent'] += 1;
    const answer = await perform(client, calls, last);
    expect(await look()).toEqual(lane.view);
    expect(await perform(client, calls, last)).toEqual(answer);
    expect(await look()).toEqual(lane.view);
  }

  async function expectFiles(model: string, client: RegistryClient): Promise<void> {
    const digests = [1, 2].map((seed) => newVersion(tinyModel(seed), TINY_SPEC).files[0].sha256);
    for await (const { name } of client.listModelVersions(model)) {
      const bytes = Buffer.concat(await Array.fromAsync(client.downloadModelFile(name, 'model.onnx')));
      expect(digests).toContain(sha256(bytes));
    }
  }

  /** With connections of their own: an old one would wait before it tries a restarted service again. */
  async function connected<Result>(use: (client: RegistryClient, calls: RegistryCalls) => Promise<Result>) {
    const { address } = registry.platform.service('registry');
    const client = new RegistryClient(address);
    const calls = new RegistryCalls(address);
    try {
      return await use(client, calls);
    } finally {
      client.close();
      calls.close();
    }
  }
});
