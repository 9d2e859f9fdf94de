import { Client, credentials, Metadata } from '@grpc/grpc-js';
import {
  InferTensorContents,
  ModelInferRequest,
  type ModelStreamInferResponse,
} from '@resmask/contracts/open-inference';
import { type SessionTensor, SessionThread } from '@resmask/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describedMethods } from '../support/fuzz/described-methods.js';
import { fuzzService } from '../support/fuzz/fuzz-service.js';
import { RawCall, rawCall } from '../support/fuzz/raw-call.js';
import { codeOf, OpenInferenceCalls } from '../support/open-inference-calls.js';
import { publish } from '../support/publish.js';
import { stormSize } from '../support/storm.js';
import { PARENT, TestPlatform } from '../support/test-platform.js';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.js';
import { typedOutputsModel } from '../support/typed-outputs-model.js';

const UNUSED = ['SharedMemory', 'TraceSetting', 'LogSettings'];
const FUZZ_CALLS = stormSize(2000);

describe('the Open Inference Protocol', () => {
  let platform: TestPlatform;
  let calls: OpenInferenceCalls;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await publish(platform.registry, 'tiny', tinyModel(1), TINY_SPEC, 'production');
    await publish(platform.registry, 'tiny', tinyModel(2), TINY_SPEC, 'candidate');
    await publish(platform.registry, 'typed', typedOutputsModel(), TINY_SPEC, 'production');
    await publish(platform.registry, 'unused', tinyModel(9), TINY_SPEC);
    await platform.startInference({ RESMASK_OPEN_INFERENCE_MAX_BATCH: '4' });
    calls = new OpenInferenceCalls(platform.service('inference').address);
  });
  afterAll(async () => {
    calls.close();
    await platform.stop();
  });

  it('says that the server lives and is ready, what it is, and what it has', async () => {
    expect(await calls.call((stub) => stub.serverLive, {})).toEqual({ live: true });
    await expect.poll(() => calls.call((stub) => stub.serverReady, {})).toEqual({ ready: true });
    const { name, extensions } = await calls.call((stub) => stub.serverMetadata, {});
    expect(name).toBe('resmask');
    expect(extensions).toEqual(expect.arrayContaining(['statistics', 'model_configuration', 'model_repository']));
  });

  it.each([
    ['tiny', '', true],
    ['tiny', '2', true],
    ['tiny@candidate', '', true],
    [`${PARENT}/models/tiny`, '1', true],
    ['tiny', '3', false],
    ['nobody', '', false],
    ['unused', '', false],
  ])('says whether a model is ready: %s %s', async (name, version, ready) => {
    expect(await calls.call((stub) => stub.modelReady, { name, version })).toEqual({ ready });
  });

  it('tells a model’s tensors with their names, datatypes and shapes, and which versions there are', async () => {
    expect(await calls.call((stub) => stub.modelMetadata, { name: 'tiny', version: '' })).toMatchObject({
      name: 'tiny',
      versions: ['2', '1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'input', datatype: 'FP32', shape: [-1n, 1n, 8n, 8n] }],
      outputs: [{ name: 'logits', datatype: 'FP32', shape: [-1n, 2n] }],
      properties: {
        version: '1',
        resource_name: `${PARENT}/models/tiny/versions/1`,
        execution_provider: 'cpu',
        'labels.logits': 'happy,sad',
      },
    });
  });

  it('tells how a model is served, without the batch dimension', async () => {
    const { config } = await calls.call((stub) => stub.modelConfig, { name: 'tiny@candidate', version: '' });
    expect(config).toMatchObject({
      name: 'tiny@candidate',
      backend: 'onnxruntime',
      maxBatchSize: 4,
      input: [{ name: 'input', dataType: 11, dims: [1n, 8n, 8n] }],
      output: [{ name: 'logits', dims: [2n] }],
      instanceGroup: [{ count: 2 }],
      modelTransactionPolicy: { decoupled: false },
    });
  });

  it.each([
    ['tiny', '', 1, '1'],
    ['tiny', '2', 2, '2'],
    ['tiny@candidate', '', 2, '2'],
    [`${PARENT}/models/tiny@candidate`, '', 2, '2'],
  ])(
    'runs what is named, like a session of the artifact does: %s %s',
    async (modelName, modelVersion, seed, number) => {
      const data = images(3, seed);
      const answer = await calls.infer({ modelName, modelVersion, id: 'a', ...tinyRequest(data, 3) });
      expect(answer).toMatchObject({
        modelName,
        modelVersion: number,
        id: 'a',
        outputs: [{ name: 'logits', datatype: 'FP32', shape: [3n, 2n] }],
      });
      expect(floats(answer.rawOutputContents[0])).toEqual(await logitsOf(tinyModel(seed), data, 3));
    },
  );

  it('takes typed contents too, and gives the same', async () => {
    const data = images(1, 7);
    const raw = await calls.infer({ modelName: 'tiny', ...tinyRequest(data, 1) });
    const contents = InferTensorContents.fromPartial({ fp32Contents: Array.from(data) });
    const inputs = [{ ...tinyRequest(data, 1).inputs[0], contents }];
    expect(await calls.infer({ modelName: 'tiny', inputs })).toEqual(raw);
  });

  it('answers with outputs of every datatype', async () => {
    const answer = await calls.infer({ modelName: 'typed', ...tinyRequest(images(1, 1), 1) });
    const { outputs, rawOutputContents } = answer;
    expect(outputs.map(({ datatype }) => datatype)).toEqual([
      ...['FP32', 'BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64'],
      ...['FP16', 'FP32', 'FP64', 'BYTES'],
    ]);
    expect(rawOutputContents.slice(0, -1).map(({ length }) => length / 2)).toEqual([
      ...[4, 1, 1, 2, 4, 8, 1, 2, 4, 8],
      ...[2, 4, 8],
    ]);
    const text = rawOutputContents[13];
    expect(Number(text.toString('utf8', 4, 4 + text.readUInt32LE(0)))).toBeCloseTo(
      text.length && floats(rawOutputContents[0])[0],
      5,
    );
  });

  it('answers with the outputs asked for, in that order, and with classes where they are', async () => {
    const request = { modelName: 'typed', ...tinyRequest(images(2, 1), 2) };
    const named = await calls.infer({ ...request, outputs: [{ name: 'as_int64' }, { name: 'logits' }] });
    expect(named.outputs.map(({ name }) => name)).toEqual(['as_int64', 'logits']);
    const parameters = { classification: { parameterChoice: { $case: 'int64Param' as const, value: 1n } } };
    const classes = await calls.infer({ ...request, outputs: [{ name: 'logits', parameters }] });
    expect(classes.outputs).toMatchObject([{ name: 'logits', datatype: 'BYTES', shape: [2n, 1n] }]);
    const logits = floats(named.rawOutputContents[1]);
    const best = logits[0] > logits[1] ? '0:happy' : '1:sad';
    expect(classes.rawOutputContents[0].toString('utf8', 4)).toMatch(
      `${Math.max(logits[0], logits[1]).toFixed(6)}:${best}`,
    );
  });

  it('brings the client’s own parameters back, and keeps the protocol’s to itself', async () => {
    const own = { frame_id: { parameterChoice: { $case: 'uint64Param' as const, value: 2n ** 64n - 1n } } };
    const priority = { parameterChoice: { $case: 'uint64Param' as const, value: 1n } };
    const timeout = { parameterChoice: { $case: 'int64Param' as const, value: 5_000_000n } };
    const parameters = { ...own, priority, timeout };
    const answer = await calls.infer({ modelName: 'tiny', parameters, ...tinyRequest(images(1, 1), 1) });
    expect(answer.parameters).toEqual(own);
  });

  const parameter = (key: string, value: string) => ({
    parameters: { [key]: { parameterChoice: { $case: 'stringParam' as const, value } } },
  });
  it.each([
    ['an unknown model', { modelName: 'nobody' }, 'NOT_FOUND', /nobody/],
    ['an unknown version', { modelVersion: '7' }, 'NOT_FOUND', /7/],
    ['a version that is no number', { modelVersion: 'x' }, 'INVALID_ARGUMENT', /model_version: got "x"/],
    ['an alias and a version', { modelName: 'tiny@candidate', modelVersion: '1' }, 'INVALID_ARGUMENT', /not both/],
    ['a version inside the name', { modelName: 'tiny/1' }, 'INVALID_ARGUMENT', /into the request's version/],
    ['another shape', tinyRequest(images(1, 1), 2), 'INVALID_ARGUMENT', /got 256 bytes; 128 elements of FP32 are 512/],
    ['too large a batch', tinyRequest(images(5, 1), 5), 'INVALID_ARGUMENT', /the batch is 5; allowed are 1 to 4/],
    ['an empty batch', tinyRequest(new Float32Array(0), 0), 'INVALID_ARGUMENT', /the batch is 0/],
    ['an output of another name', { outputs: [{ name: 'y' }] }, 'INVALID_ARGUMENT', /the model's outputs are logits/],
    ['an unknown reserved parameter', parameter('triton_x', ''), 'INVALID_ARGUMENT', /are reserved/],
    ['a timeout that is no number', parameter('timeout', '1'), 'INVALID_ARGUMENT', /allowed are int64_param/],
    [
      'an output in shared memory',
      { outputs: [{ name: 'logits', ...parameter('shared_memory_region', 'r') }] },
      'UNIMPLEMENTED',
      /no shared memory/,
    ],
  ])('refuses %s', async (_what, change, code, message) => {
    const request = { modelName: 'tiny', ...tinyRequest(images(1, 1), 1), ...change };
    const failed = calls.infer(request);
    expect(await codeOf(failed)).toBe(code);
    await expect(failed).rejects.toThrow(message);
  });

  it('does not have shared memory, trace settings and log settings', async () => {
    expect(await codeOf(calls.call((stub) => stub.systemSharedMemoryStatus, { name: '' }))).toBe('UNIMPLEMENTED');
    expect(await codeOf(calls.call((stub) => stub.traceSetting, { settings: {}, modelName: '' }))).toBe(
      'UNIMPLEMENTED',
    );
    expect(await codeOf(calls.call((stub) => stub.logSettings, { settings: {} }))).toBe('UNIMPLEMENTED');
  });

  it('counts what models did, by version and batch size', async () => {
    const statistics = async () => {
      const { modelStats } = await calls.call((stub) => stub.modelStatistics, { name: 'tiny', version: '2' });
      return modelStats[0];
    };
    const before = await statistics();
    const request = { modelName: 'tiny', modelVersion: '2' };
    for (const rows of [1, 3, 3]) await calls.infer({ ...request, ...tinyRequest(images(rows, 1), rows) });
    await codeOf(calls.infer({ ...request, inputs: [] }));
    const after = await statistics();
    expect(after.inferenceCount - before.inferenceCount).toBe(7n);
    expect(after.executionCount - before.executionCount).toBe(3n);
    expect((after.inferenceStats?.fail?.count ?? 0n) - (before.inferenceStats?.fail?.count ?? 0n)).toBe(1n);
    const { success, queue, computeInput, computeInfer, computeOutput } = after.inferenceStats ?? {};
    const parts = [queue, computeInput, computeInfer, computeOutput].map((duration) => duration?.ns ?? 0n);
    for (const ns of parts) expect(ns).toBeGreaterThan(0n);
    expect(success?.ns).toBeGreaterThanOrEqual(parts.reduce((sum, ns) => sum + ns, 0n));
    expect(Math.abs(Number(after.lastInference) - Date.now())).toBeLessThan(60_000);
    expect(after.batchStats.map(({ batchSize }) => batchSize)).toEqual(expect.arrayContaining([1n, 3n]));
    const all = await calls.call((stub) => stub.modelStatistics, { name: '', version: '' });
    expect(all.modelStats.map(({ name, version }) => `${name} ${version}`)).toEqual(
      expect.arrayContaining(['tiny 1', 'tiny 2', 'typed 1']),
    );
  });

  it('lists what is loaded and what could be, loads and unloads it', async () => {
    const index = async (ready = false) => {
      const { models } = await calls.call((stub) => stub.repositoryIndex, { repositoryName: '', ready });
      return models.map(({ name, version, state, reason }) => [name, version, state, reason].join(' ').trim()).sort();
    };
    const change = { repositoryName: '', modelName: 'tiny', parameters: {} };
    await calls.call((stub) => stub.repositoryModelUnload, change);
    expect(await index()).toEqual(['tiny  UNAVAILABLE unloaded', 'typed 1 READY', 'unused  UNAVAILABLE unloaded']);
    await calls.call((stub) => stub.repositoryModelLoad, change);
    expect(await index(true)).toEqual(['tiny 1 READY', 'typed 1 READY']);
    const config = { config: { parameterChoice: { $case: 'stringParam' as const, value: '{}' } } };
    const load = calls.call((stub) => stub.repositoryModelLoad, { ...change, parameters: config });
    expect(await codeOf(load)).toBe('UNIMPLEMENTED');
    expect(await codeOf(calls.call((stub) => stub.repositoryModelLoad, { ...change, modelName: 'unused' }))).toBe(
      'NOT_FOUND',
    );
  });

  it('answers a stream’s requests in their order, whatever their models, and each that fails by its own error', async () => {
    const requests = Array.from({ length: 200 }, (_, i) => ({
      id: String(i),
      modelName: i % 7 === 3 ? 'nobody' : i % 2 ? 'tiny' : 'typed',
      ...tinyRequest(images(1 + (i % 4), i), 1 + (i % 4)),
    }));
    const { answers, code } = await calls.stream(new Metadata(), requests);
    expect(code).toBe('OK');
    expect(answers.map(idOf)).toEqual(requests.map(({ id }) => id));
    for (const [i, { errorMessage, inferResponse }] of answers.entries()) {
      if (requests[i].modelName === 'nobody') {
        expect(errorMessage).toContain('nobody');
        expect(inferResponse).toMatchObject({ id: String(i), modelName: '', outputs: [] });
      } else {
        expect(errorMessage).toBe('');
        expect(inferResponse?.outputs[0].shape[0]).toBe(BigInt(1 + (i % 4)));
        expect(inferResponse?.parameters['triton_final_response']).toEqual({
          parameterChoice: { $case: 'boolParam', value: true },
        });
      }
    }
  });

  it('ends a stream with the status of its first failure when the client asks for that', async () => {
    const metadata = new Metadata();
    metadata.set('triton_grpc_error', 'true');
    const good = tinyRequest(images(1, 1), 1);
    const requests = ['tiny', 'tiny', 'nobody', 'tiny'].map((modelName, i) => ({ modelName, id: String(i), ...good }));
    const { answers, code } = await calls.stream(metadata, requests);
    expect(answers.map(idOf)).toEqual(['0', '1']);
    expect(code).toBe('NOT_FOUND');
  });

  it('ends a stream with a status at a message that cannot be read, though earlier ones are being answered', async () => {
    const stream = describedMethods('inference.GRPCInferenceService').filter(
      ({ methodKind }) => methodKind !== 'unary',
    );
    const refused = ModelInferRequest.encode(ModelInferRequest.fromPartial({ modelName: 'a b' })).finish();
    const messages = [refused, refused, Buffer.from([0xff])];
    const client = new Client(platform.service('inference').address, credentials.createInsecure());
    expect(await rawCall(client, new RawCall(stream[0], messages))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    client.close();
  });

  it('goes on after a client has cancelled a stream with requests under way', async () => {
    const call = calls.openStream(new Metadata());
    const ended = new Promise<void>((resolve) => {
      call.on('error', () => resolve());
    });
    for (let i = 0; i < 50; i += 1) {
      call.write(ModelInferRequest.fromPartial({ modelName: 'tiny', ...tinyRequest(images(4, i), 4) }));
    }
    call.cancel();
    await ended;
    expect(await codeOf(calls.infer({ modelName: 'tiny', ...tinyRequest(images(1, 1), 1) }))).toBe('OK');
    expect(platform.service('inference').output).not.toContain('unexpected error');
  });

  it(`answers ${FUZZ_CALLS} random calls without an internal error, a crash or memory kept`, async () => {
    const methods = describedMethods('inference.GRPCInferenceService').filter(
      ({ name }) => !UNUSED.some((part) => name.includes(part)),
    );
    const names = ['tiny', 'typed', 'tiny@candidate', 'nobody', ''];
    const vocabulary = {
      resources: {},
      words: {
        name: [...names, 'input', 'logits'],
        model_name: names,
        datatype: ['FP32', 'BYTES'],
        version: ['', '1'],
        model_version: ['', '1', '2'],
        repository_name: ['', PARENT],
      },
      traps: ['tiny@', 'tiny/1', 'namespaces/default/models/'],
    };
    const service = platform.service('inference');
    const outcomes = await fuzzService({ service, methods, vocabulary, calls: FUZZ_CALLS, allowed: ['UNIMPLEMENTED'] });
    expect(Object.keys(outcomes).sort()).toEqual(methods.map(({ name }) => name).sort());
  });
});

function idOf({ inferResponse }: ModelStreamInferResponse): string | undefined {
  return inferResponse?.id;
}

function tinyRequest(data: Float32Array, rows: number) {
  return {
    inputs: [{ name: 'input', datatype: 'FP32', shape: [rows, 1, 8, 8].map(BigInt) }],
    rawInputContents: [Buffer.from(data.buffer, data.byteOffset, data.byteLength)],
  };
}

function images(rows: number, seed: number): Float32Array {
  return Float32Array.from({ length: rows * 64 }, (_, i) => Math.sin(i * 0.37 + seed + Math.floor(i / 64)));
}

function floats(bytes: Buffer): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

async function logitsOf(model: Uint8Array, data: Float32Array, rows: number): Promise<SessionTensor['data']> {
  const thread = await SessionThread.open(model, { provider: 'cpu', threads: 1 });
  try {
    const feeds = { input: { type: 'float32', dims: [rows, 1, 8, 8], data } } as const;
    return (await thread.run(feeds, ['logits'])).tensors[0].data;
  } finally {
    await thread.close();
  }
}
