import { randomUUID } from 'node:crypto';
import { type Alias, AliasEvent_Kind, type Event } from '@resmask/client';
import { SetAliasRequest, UpdateAliasRequest } from '@resmask/contracts/registry.v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryCalls } from '../support/registry-calls.js';
import { PARENT } from '../support/test-platform.js';
import { TinyRegistry } from '../support/tiny-registry.js';

describe("an alias's canary and shadow", () => {
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

  /** A model with so many versions, the first of them in production. */
  async function promoted(versions: number) {
    const model = await registry.model(versions);
    const alias = `${model}/aliases/production`;
    const { etag } = await registry.client.setAlias(alias, versionOf(model, 1), '');
    return { model, alias, etag, v: (number: number) => versionOf(model, number) };
  }

  const versionOf = (model: string, number: number): string => `${model}/versions/${number}`;
  const eventsOf = (model: string): Promise<Event[]> => Array.fromAsync(registry.client.listEvents(PARENT, model));
  const update = (alias: Partial<Alias>, rest: { updateMask?: string[]; validateOnly?: boolean } = {}) =>
    calls.call<UpdateAliasRequest, Alias>(
      (stub) => stub.updateAlias,
      UpdateAliasRequest.fromPartial({ alias, ...rest }),
    );

  it('are told wherever the alias is, and change each by itself or both in one call', async () => {
    const { client } = registry;
    const { model, alias, etag, v } = await promoted(3);
    const canary = { version: v(2), percent: 10 };
    const one = await client.updateAlias(alias, { canary }, etag);
    expect(one).toMatchObject({ version: v(1), canary, shadowVersion: '' });
    const two = await client.updateAlias(alias, { shadowVersion: v(3) }, one.etag);
    expect(two).toMatchObject({ version: v(1), canary, shadowVersion: v(3) });
    expect(await client.getAlias(alias)).toEqual(two);
    expect(await Array.fromAsync(client.listAliases(model))).toEqual([two]);
    expect((await client.getModel(model)).aliases).toEqual([two]);
    const swapped = { canary: { version: v(3), percent: 99 }, shadowVersion: v(2) };
    const three = await client.updateAlias(alias, swapped, two.etag);
    expect(three).toMatchObject({ version: v(1), ...swapped });
    const none = await client.updateAlias(alias, { canary: null, shadowVersion: null }, three.etag);
    expect(none).toMatchObject({ version: v(1), canary: undefined, shadowVersion: '' });
    expect(new Set([etag, one.etag, two.etag, three.etag, none.etag]).size).toBe(5);
  });

  it('are what an update without a mask sets, and what it names in a mask without setting it is taken away', async () => {
    const { alias, etag, v } = await promoted(3);
    const canary = { version: v(2), percent: 10 };
    const one = await update({ name: alias, etag, canary });
    const two = await update({ name: alias, etag: one.etag, shadowVersion: v(3) });
    expect(two).toMatchObject({ canary, shadowVersion: v(3) });
    const values = { name: alias, etag: two.etag, shadowVersion: v(2) };
    expect(await update(values, { updateMask: ['canary'] })).toMatchObject({
      canary: undefined,
      shadowVersion: v(3),
    });
  });

  it('leave versions that the alias resolves to and that lists filter by its name as they were', async () => {
    const { client } = registry;
    const { model, alias, etag, v } = await promoted(3);
    await client.updateAlias(alias, { canary: { version: v(2), percent: 50 }, shadowVersion: v(3) }, etag);
    expect((await client.resolveModelVersion(PARENT, `${model.split('/').at(-1)}`)).name).toBe(v(1));
    const found = await Array.fromAsync(client.listModelVersions(model, { filter: 'aliases:production' }));
    expect(found.map(({ name }) => name)).toEqual([v(1)]);
    expect((await client.getModelVersion(v(2))).aliases).toEqual([]);
  });

  it.each([
    [{ canary: { version: 1, percent: 10 }, shadow: 0 }, 'alias.canary.version', 'which the alias points at'],
    [{ canary: undefined, shadow: 1 }, 'alias.shadow_version', 'which the alias points at'],
    [{ canary: { version: 2, percent: 10 }, shadow: 2 }, 'alias.canary.version', 'allowed is one of them'],
    [{ canary: { version: 2, percent: 0 }, shadow: 0 }, 'alias.canary.percent', 'got 0; allowed are 1 to 99'],
    [
      { canary: { version: 2, percent: 100 }, shadow: 0 },
      'alias.canary.percent',
      'to serve all streams promote the version',
    ],
  ])('are refused as %j: %s says what is allowed', async ({ canary, shadow }, field, message) => {
    const { alias, etag, v } = await promoted(2);
    const change = {
      ...(canary && { canary: { ...canary, version: v(canary.version) } }),
      ...(shadow > 0 && { shadowVersion: v(shadow) }),
    };
    await expect(registry.client.updateAlias(alias, change, etag)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'FIELD_INVALID',
      message: expect.stringContaining(message),
      violations: [{ field }],
    });
    expect((await registry.client.getAlias(alias)).etag).toBe(etag);
  });

  it('are ready versions of the same model that exist', async () => {
    const { client } = registry;
    const { alias, etag, v } = await promoted(3);
    const other = await registry.model(2);
    await client.archiveModelVersion(v(2));
    await client.deleteModelVersion(v(3));
    for (const traffic of [
      (version: string) => ({ canary: { version, percent: 10 } }),
      (version: string) => ({ shadowVersion: version }),
    ]) {
      for (const [version, reason] of [
        [versionOf(other, 2), 'FIELD_INVALID'],
        [v(9), 'VERSION_NOT_FOUND'],
        [v(2), 'VERSION_NOT_READY'],
        [v(3), 'VERSION_NOT_READY'],
        ['production', 'RESOURCE_NAME_INVALID'],
      ])
        await expect(client.updateAlias(alias, traffic(version), etag), reason).rejects.toMatchObject({ reason });
    }
  });

  it('are changed only of an alias that is there, by who has read it, and by a mask of their names', async () => {
    const { model, alias, etag, v } = await promoted(2);
    const canary = { version: v(2), percent: 10 };
    await expect(registry.client.updateAlias(`${model}/aliases/none`, { canary }, '1')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      reason: 'ALIAS_NOT_FOUND',
    });
    for (const stale of ['', '7'])
      await expect(registry.client.updateAlias(alias, { canary }, stale)).rejects.toMatchObject({
        code: 'ABORTED',
        reason: 'ETAG_MISMATCH',
        metadata: { etag },
      });
    await expect(update({ name: alias, etag, version: v(2) }, { updateMask: ['version'] })).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
      message: expect.stringContaining('pointed at another version by SetAlias'),
    });
    await expect(update({ name: alias, etag })).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
      message: expect.stringContaining('update_mask: it is empty'),
    });
  });

  it('end with what makes them void: a canary with every move, a shadow when the alias points at it', async () => {
    const { client } = registry;
    const { alias, etag, v } = await promoted(4);
    const both = { canary: { version: v(2), percent: 10 }, shadowVersion: v(3) };
    const one = await client.updateAlias(alias, both, etag);
    const two = await client.setAlias(alias, v(2), one.etag);
    expect(two).toMatchObject({ version: v(2), canary: undefined, shadowVersion: v(3) });
    const three = await client.updateAlias(alias, { canary: { version: v(4), percent: 20 } }, two.etag);
    const four = await client.setAlias(alias, v(3), three.etag);
    expect(four).toMatchObject({ version: v(3), canary: undefined, shadowVersion: '' });
    const five = await client.updateAlias(alias, { ...both, shadowVersion: v(4) }, four.etag);
    const six = await client.rollbackAlias(alias, five.etag);
    expect(six).toMatchObject({ version: v(2), canary: undefined, shadowVersion: v(4) });
    const seven = await client.updateAlias(alias, { shadowVersion: v(1) }, six.etag);
    // Changes of traffic are no promotions: there is one more to roll back.
    expect(await client.rollbackAlias(alias, seven.etag)).toMatchObject({ version: v(1), shadowVersion: '' });
  });

  it('go with the alias, and do not come back with its name', async () => {
    const { client } = registry;
    const { alias, etag, v } = await promoted(3);
    const canary = { version: v(2), percent: 10 };
    const one = await client.updateAlias(alias, { canary, shadowVersion: v(3) }, etag);
    await client.deleteAlias(alias, one.etag);
    for (const number of [2, 3]) await client.deleteModelVersion(v(number));
    const back = await client.setAlias(alias, v(1), '');
    expect(back).toMatchObject({ canary: undefined, shadowVersion: '' });
    expect([etag, one.etag]).not.toContain(back.etag);
  });

  it('SetAlias does not read them, so that an alias may be sent back as it was read', async () => {
    const { alias, etag, v } = await promoted(3);
    const read = await registry.client.updateAlias(alias, { canary: { version: v(2), percent: 10 } }, etag);
    const request = SetAliasRequest.fromPartial({ alias: { ...read, version: v(3), shadowVersion: v(2) } });
    expect(await calls.call((stub) => stub.setAlias, request)).toMatchObject({
      version: v(3),
      canary: undefined,
      shadowVersion: '',
    });
  });

  it('hold their versions, and the refusal names whose they are', async () => {
    const { client } = registry;
    const { model, alias, etag, v } = await promoted(3);
    const one = await client.updateAlias(alias, { canary: { version: v(2), percent: 10 }, shadowVersion: v(3) }, etag);
    await client.setAlias(`${model}/aliases/candidate`, v(2), '');
    for (const act of [client.deleteModelVersion.bind(client, v(2)), client.archiveModelVersion.bind(client, v(2))])
      await expect(act()).rejects.toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'RESOURCE_IN_USE',
        metadata: { holders: 'candidate, production' },
        message: expect.stringContaining('candidate, production (canary)'),
      });
    await expect(client.deleteModelVersion(v(3))).rejects.toMatchObject({
      reason: 'RESOURCE_IN_USE',
      message: expect.stringContaining('production (shadow)'),
    });
    await client.updateAlias(alias, { shadowVersion: null }, one.etag);
    await client.deleteModelVersion(v(3));
  });

  it('are told in the history beside the moves, with one event for each change', async () => {
    const { client } = registry;
    const { model, alias, etag, v } = await promoted(3);
    const canary = { version: v(2), percent: 10 };
    const one = await client.updateAlias(alias, { canary, shadowVersion: v(3) }, etag, 'try it');
    await client.setAlias(alias, v(2), one.etag);
    const [moved, traffic] = await Array.fromAsync(client.listAliasEvents(alias));
    expect(traffic).toMatchObject({
      kind: AliasEvent_Kind.KIND_TRAFFIC,
      oldVersion: v(1),
      newVersion: v(1),
      oldCanary: undefined,
      newCanary: canary,
      oldShadowVersion: '',
      newShadowVersion: v(3),
      reason: 'try it',
      actor: 'anonymous',
    });
    expect(moved).toMatchObject({
      kind: AliasEvent_Kind.KIND_SET,
      oldCanary: canary,
      newCanary: undefined,
      oldShadowVersion: v(3),
      newShadowVersion: v(3),
    });
    const events = (await eventsOf(model)).slice(-2);
    const resource = alias;
    expect(events).toMatchObject([
      {
        method: 'UpdateAlias',
        resource,
        reason: 'try it',
        before: { canary: null, shadowVersion: null },
        after: { canary: { version: 2, percent: 10 }, shadowVersion: 3 },
      },
      {
        method: 'SetAlias',
        resource,
        before: { version: 1, canary: { version: 2, percent: 10 } },
        after: { version: 2, canary: null },
      },
    ]);
  });

  it('change once for a request id, and not at all where they are only validated', async () => {
    const { client } = registry;
    const { model, alias, etag, v } = await promoted(2);
    const values = { name: alias, etag, canary: { version: v(2), percent: 10 } };
    const before = await eventsOf(model);
    const answer = await update(values, { validateOnly: true });
    expect(answer).toMatchObject({ canary: values.canary });
    expect((await client.getAlias(alias)).canary).toBeUndefined();
    expect(await eventsOf(model)).toEqual(before);
    const requestId = randomUUID();
    const once = await client.updateAlias(alias, { canary: values.canary }, etag, '', requestId);
    expect(await client.updateAlias(alias, { canary: values.canary }, etag, '', requestId)).toEqual(once);
    expect(await eventsOf(model)).toHaveLength(before.length + 1);
    await expect(client.updateAlias(alias, { canary: null }, etag, '', requestId)).rejects.toMatchObject({
      reason: 'REQUEST_ID_REUSED',
    });
  });
});
