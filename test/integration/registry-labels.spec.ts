import { randomUUID } from 'node:crypto';
import { type Model, Task } from '@resmask/client';
import { UpdateModelRequest } from '@resmask/contracts/registry.v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryCalls } from '../support/registry-calls.js';
import { PARENT } from '../support/test-platform.js';
import { TinyRegistry } from '../support/tiny-registry.js';

const LABELS = { team: 'vision', 'example.com/cost-centre': '9' };

describe('labels of a model', () => {
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

  const create = (labels: Record<string, string>, description = '') =>
    registry.client.createModel(PARENT, `m-${randomUUID()}`, Task.TASK_EXPRESSION, { labels, description });
  const update = (model: Partial<Model>, ...updateMask: string[]) =>
    calls.call((stub) => stub.updateModel, UpdateModelRequest.fromPartial({ model, updateMask }));
  const events = async (model: string) =>
    (await Array.fromAsync(registry.client.listEvents(PARENT, model))).map(({ before, after }) => ({ before, after }));

  it('come with it, are replaced as a whole, taken away, and told in its events', async () => {
    const { name, labels, etag } = await create(LABELS);
    expect(labels).toEqual(LABELS);
    const changed = await registry.client.updateModel(name, { labels: { stage: 'trial' } }, etag);
    expect(changed).toMatchObject({ labels: { stage: 'trial' }, etag: '2' });
    expect(await registry.client.updateModel(name, { labels: {} })).toMatchObject({ labels: {} });
    expect((await registry.client.getModel(name)).labels).toEqual({});
    expect(await events(name)).toEqual([
      { before: undefined, after: { task: 'expression', description: '', labels: LABELS } },
      { before: { labels: LABELS }, after: { labels: { stage: 'trial' } } },
      { before: { labels: { stage: 'trial' } }, after: { labels: {} } },
    ]);
  });

  it('change as the mask says, and without one only where some are sent', async () => {
    const { name } = await create(LABELS, 'first');
    expect(await update({ name, description: 'x', labels: { a: 'b' } }, 'description')).toMatchObject({
      description: 'x',
      labels: LABELS,
    });
    expect(await update({ name, description: 'second' })).toMatchObject({ description: 'second', labels: LABELS });
    const other = { team: 'research' };
    expect(await update({ name, labels: other }, 'labels')).toMatchObject({ description: 'second', labels: other });
    expect(await update({ name, description: 'third', labels: LABELS })).toMatchObject({
      description: 'third',
      labels: LABELS,
    });
    expect(await update({ name }, 'labels', 'description')).toMatchObject({ description: '', labels: {} });
    await expect(update({ name }, 'task')).rejects.toMatchObject({
      violations: [
        { field: 'update_mask', description: expect.stringContaining('got "task"; allowed are description, labels') },
      ],
    });
  });

  it('are 64 at most, of keys and values up to their limits', async () => {
    const most = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`k${i}`, '']));
    expect((await create(most)).labels).toEqual(most);
    const longest = { ['k'.repeat(63)]: '😀'.repeat(127), [`a${'.'.repeat(61)}b`]: 'v'.repeat(255) };
    expect((await create(longest)).labels).toEqual(longest);
  });

  it.each([
    ['a key of capitals', { Team: 'x' }, 'model.labels', 'got the key "Team"; a key has 1 to 63 lower-case letters'],
    ['an empty key', { '': 'x' }, 'model.labels', 'got the key ""'],
    ['a key that ends with a sign', { 'team/': 'x' }, 'model.labels', 'the first and the last a letter or digit'],
    ['a key that is too long', { ['k'.repeat(64)]: 'x' }, 'model.labels', 'got the key'],
    [
      'a value that is too long',
      { team: 'v'.repeat(256) },
      'model.labels["team"]',
      'it has 256 characters; at most 255',
    ],
    [
      'too many',
      Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, ''])),
      'model.labels',
      'there are 65; at most 64',
    ],
  ])('are refused with %s', async (_what, labels, field, description) => {
    const refused = {
      code: 'INVALID_ARGUMENT',
      reason: 'FIELD_INVALID',
      violations: [{ field, description: expect.stringContaining(description) }],
    };
    await expect(create(labels)).rejects.toMatchObject(refused);
    const model = await registry.model();
    await expect(registry.client.updateModel(model, { labels })).rejects.toMatchObject(refused);
  });
});
