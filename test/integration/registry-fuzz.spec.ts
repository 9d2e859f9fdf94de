import { createHash } from 'node:crypto';
import { Client, credentials } from '@grpc/grpc-js';
import { UploadModelVersionRequest } from '@resmask/contracts/registry.v1';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describedMethods } from '../support/fuzz/described-methods.js';
import { fuzzService } from '../support/fuzz/fuzz-service.js';
import { RawCall, rawCall } from '../support/fuzz/raw-call.js';
import type { Vocabulary } from '../support/fuzz/text-values.js';
import { newVersion } from '../support/publish.js';
import { RegistryCalls } from '../support/registry-calls.js';
import { LONG } from '../support/storm.js';
import { PARENT } from '../support/test-platform.js';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.js';
import { TinyRegistry } from '../support/tiny-registry.js';

const CALLS = LONG ? 10_000 : 500;
const METHODS = describedMethods('resmask.registry.v1.RegistryService');

describe('the registry under random messages', () => {
  let registry: TinyRegistry;
  let model: string;

  beforeAll(async () => {
    registry = await TinyRegistry.start();
    model = await registry.model(3);
    await registry.client.setAlias(`${model}/aliases/production`, `${model}/versions/1`, '');
  });
  afterAll(() => registry.stop());

  it(`answers ${CALLS} calls of every method without an internal error, a crash or memory kept, and works on`, async () => {
    const outcomes = await fuzzService({
      service: registry.platform.service('registry'),
      methods: METHODS,
      vocabulary: vocabulary(model),
      special: [damagedUpload(model)],
      calls: CALLS,
    });
    expect(Object.keys(outcomes).sort()).toEqual(METHODS.map(({ name }) => name).sort());
    // The words of the vocabulary lead past the checks of names into the service.
    const answered = Object.values(outcomes).reduce((sum, { OK = 0 }) => sum + OK, 0);
    expect(answered).toBeGreaterThan(CALLS / 10);
    const other = await registry.model(1);
    expect((await registry.client.getModelVersion(`${other}/versions/1`)).etag).toBe('1');
    const numbers = (await Array.fromAsync(registry.client.listEvents(PARENT))).map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  });

  describe('has found, and is refused by name:', () => {
    let model: string;

    beforeAll(async () => {
      model = await registry.model(3);
    });

    it('text with a NUL character', async () => {
      await expect(registry.client.updateModel(model, { description: 'a\u0000b' })).rejects.toMatchObject({
        reason: 'FIELD_INVALID',
      });
      const tags = { stage: { value: { $case: 'text' as const, value: '\u0000' } } };
      await expect(registry.client.updateModelVersion(`${model}/versions/1`, { tags })).rejects.toMatchObject({
        reason: 'FIELD_INVALID',
      });
    });

    it('a request id that is no UUID, on an upload and on a call that changes nothing', async () => {
      const violations = [{ field: 'request_id', description: expect.stringContaining('a UUID is needed') }];
      const refused = { reason: 'FIELD_INVALID', violations };
      await expect(registry.publish(model, 1, registry.client, 'again')).rejects.toMatchObject(refused);
      const options = { requestId: 'again', validateOnly: true };
      await expect(registry.client.deleteModelVersion(`${model}/versions/3`, options)).rejects.toMatchObject(refused);
    });

    it('a page token made up to hold no number', async () => {
      const calls = new RegistryCalls(registry.platform.service('registry').address);
      const request = {
        parent: model,
        pageSize: 0,
        pageToken: pageToken(['versions', model, 'false', '', ''], '["x"]'),
        showDeleted: false,
        filter: '',
        orderBy: '',
      };
      await expect(calls.call((stub) => stub.listModelVersions, request)).rejects.toMatchObject({
        reason: 'PAGE_TOKEN_INVALID',
      });
      calls.close();
    });

    it('bytes that are not the message', async () => {
      const client = new Client(registry.platform.service('registry').address, credentials.createInsecure());
      const get = METHODS.filter(({ name }) => name === 'GetModel').map(
        (method) => new RawCall(method, [Buffer.from([7])]),
      );
      expect(await rawCall(client, get[0])).toMatchObject({
        code: 'INVALID_ARGUMENT',
        details: expect.stringContaining('cannot be read as what the method takes'),
      });
      client.close();
    });
  });
});

function vocabulary(model: string): Vocabulary {
  const id = model.split('/').at(-1) ?? '';
  const digest = createHash('sha256').update(tinyModel()).digest('hex');
  return {
    resources: {
      'registry.resmask.dev/Model': [model, model, `${PARENT}/models/none`],
      'registry.resmask.dev/ModelVersion': [1, 2, 3, 9].map((number) => `${model}/versions/${number}`),
      'registry.resmask.dev/Alias': ['production', 'candidate'].map((alias) => `${model}/aliases/${alias}`),
      'registry.resmask.dev/Event': [`${PARENT}/events/1`],
    },
    words: {
      parent: [PARENT],
      version: [1, 2, 3].map((number) => `${model}/versions/${number}`),
      model_id: ['new', 'another', id],
      reference: [id, `${id}@production`, `${id}/1`, `${id}/2`, `${id}@none`],
      etag: ['', '1', '2', '3'],
      request_id: ['', '123e4567-e89b-42d3-a456-426614174000', '123E4567-E89B-42D3-A456-426614174001'],
      page_token: [''],
      filter: [
        '',
        '',
        'version > 1 AND -tags:a',
        'tags.x.y != "b" OR create_time < 2026-01-31T12:00:00Z',
        'model_id:a',
        'labels.team/owner = "x" OR -labels:team',
      ],
      order_by: ['', '', 'create_time desc', 'version', 'model_id desc, update_time'],
      paths: ['description', 'tags', 'labels'],
      path: ['model.onnx', 'weights/a.bin'],
      sha256: [digest],
      training_data_digest: [digest, ''],
      evaluation_runs: ['namespaces/default/runs/1'],
      tensor: ['input', 'logits'],
      labels: ['happy', 'sad'],
    },
    traps: ['again', ...pageTokens(model)],
  };
}

/** Tokens that fit their list and hold a key it never gave out: nothing in a token is secret. */
function pageTokens(model: string): string[] {
  const scopes = [
    ['models', 'default', 'false', '', ''],
    ['versions', model, 'false', '', ''],
    ['aliases', model],
    ['events', PARENT, ''],
    ['alias-events', `${model}/aliases/production`],
    ['gate-results', `${model}/aliases/production`],
    ['evaluation-records', `${model}/versions/1`],
    ['comparison-records', `${model}/versions/1`],
  ];
  const keys = [
    '',
    'x',
    '-1',
    '1e999',
    '2',
    '99999999999999999999',
    'a\u0000',
    '[]',
    '["x"]',
    '["-1"]',
    '["a\\u0000"]',
    '[2]',
    '{}',
  ];
  return scopes.flatMap((scope) => keys.map((key) => pageToken(scope, key)));
}

function pageToken(scope: readonly string[], key: string): string {
  const digest = createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 12);
  return Buffer.from(JSON.stringify([key, digest])).toString('base64url');
}

/** A whole upload of a graph in which some bytes are others, announced as it is. */
function damagedUpload(model: string): fc.Arbitrary<RawCall> {
  const method = METHODS.find(({ name }) => name === 'UploadModelVersion');
  if (!method) throw new TypeError('there is no UploadModelVersion');
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 });
  return fc.tuple(changes, fc.integer({ min: 1, max: 5 })).map(([list, seed]) => {
    const bytes = tinyModel(seed);
    for (const [at, value] of list) bytes[at % bytes.length] = value;
    const start = { parent: model, modelVersion: newVersion(bytes, TINY_SPEC) };
    const messages = [
      UploadModelVersionRequest.fromPartial({ step: { $case: 'start', value: start } }),
      UploadModelVersionRequest.fromPartial({ step: { $case: 'chunk', value: bytes } }),
    ];
    return new RawCall(
      method,
      messages.map((message) => UploadModelVersionRequest.encode(message).finish()),
    );
  });
}
