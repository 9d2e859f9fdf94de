import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { SessionThread } from '@resmask/runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../support/command-line.js';
import { OpenInferenceCalls } from '../support/open-inference-calls.js';
import { pythonWith } from '../support/python-with.js';
import { shippedModelFile } from '../support/shipped-models.js';
import { TestPlatform } from '../support/test-platform.js';

const PYTHON = pythonWith('tritonclient.grpc');
const CALLS = fileURLToPath(new URL('../support/triton-client/calls.py', import.meta.url));
const MODEL = 'resmasking-compact';
const ROWS = 3;

describe.skipIf(!PYTHON)('the stock Python client of Triton', () => {
  let platform: TestPlatform;
  let answers: Record<string, unknown>;
  let expected: number[][];

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    await platform.startInference();
    const file = await shippedModelFile(MODEL);
    const { input, output, shape, data, logits } = await sessionRun(file);
    expected = logits;
    const bytes = Buffer.from(data.buffer).toString('base64');
    const { address } = platform.service('inference');
    await serving(address);
    const { code, stdout, stderr } = await run(PYTHON ?? '', [
      CALLS,
      address,
      MODEL,
      input,
      output,
      JSON.stringify(shape),
      bytes,
    ]);
    expect(code, stderr).toBe(0);
    answers = JSON.parse(stdout);
  });
  afterAll(() => platform.stop());

  it('gets the same numbers as a session of the artifact: at once, asynchronously and from a stream, in order', () => {
    expect(answers['infer']).toEqual(expected);
    expect(answers['asynchronous']).toEqual(expected);
    const stream = answers['stream'] as { id: string; elements: number[][] }[];
    expect(stream.map(({ id }) => id)).toEqual(expected.map((_, i) => String(i)));
    for (const [i, { elements }] of stream.entries()) {
      for (const [j, value] of elements[0].entries()) expect(value).toBeCloseTo(expected[i][j], 4);
    }
  });

  it('sees the server and its models', () => {
    expect(answers).toMatchObject({ live: true, ready: true, model_ready: true, unknown_ready: false });
    expect(answers['server']).toMatchObject({ name: 'resmask', extensions: expect.arrayContaining(['statistics']) });
    expect(answers['metadata']).toMatchObject({
      name: MODEL,
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ datatype: 'FP32' }],
      outputs: [{ datatype: 'FP32', shape: ['-1', '7'] }],
    });
    expect(answers['config']).toMatchObject({ config: { name: MODEL, backend: 'onnxruntime', max_batch_size: 32 } });
    expect(answers['index']).toMatchObject({
      models: expect.arrayContaining([
        { name: MODEL, version: '1', state: 'READY' },
        { name: 'tiny-face-detector', state: 'UNAVAILABLE', reason: 'unloaded' },
      ]),
    });
    expect(answers).toMatchObject({ load: null, unload: null });
  });

  it('gets its own parameters back, and classes with their labels', () => {
    expect(answers['own_parameters']).toEqual({ frame_id: { int64_param: '7' } });
    const classes = answers['classes'] as string[][];
    for (const [i, [best]] of classes.entries()) {
      const [value, index, label] = best.split(':');
      expect(Number(index)).toBe(expected[i].indexOf(Math.max(...expected[i])));
      expect(Number(value)).toBeCloseTo(Math.max(...expected[i]), 4);
      expect(label).toMatch(/^[a-z]+$/);
    }
  });

  it('gets errors with their status, and in a stream for the request that failed', () => {
    expect(answers['unknown_model']).toMatchObject({ status: 'StatusCode.NOT_FOUND' });
    expect(answers['wrong_shape']).toMatchObject({ status: 'StatusCode.INVALID_ARGUMENT' });
    expect(answers['shared_memory']).toMatchObject({ status: 'StatusCode.UNIMPLEMENTED' });
    expect(answers['stream_error']).toMatchObject([
      { id: '0' },
      { error: expect.stringContaining('nobody') },
      { id: '2' },
    ]);
    expect(answers['stream_status']).toMatchObject([{ error: expect.stringContaining('NOT_FOUND') }]);
  });

  it('gets statistics, and with them what perf_analyzer needs', () => {
    const [statistics] = (answers['statistics'] as { model_stats: Record<string, unknown>[] }).model_stats;
    expect(statistics).toMatchObject({ name: MODEL, version: '1', inference_stats: { fail: { count: '1' } } });
    expect(answers['perf_analyzer']).toEqual({
      statistics: true,
      version: '1',
      max_batch_size: 32,
      decoupled: false,
      scheduler: null,
      inferences: ROWS,
      executions: 1,
    });
  });

  it('has the same numbers and types for every field that both sides know, and all messages of requests', () => {
    const path = fileURLToPath(import.meta.resolve('@resmask/contracts/descriptors.binpb'));
    const set = fromBinary(FileDescriptorSetSchema, readFileSync(path));
    const ours = createFileRegistry(set);
    const theirs = answers['wire_numbers'] as Record<string, Record<string, [number, number]>>;
    const left = Object.keys(theirs).filter((name) => !ours.getMessage(name) && !name.endsWith('Entry'));
    expect(left.filter((name) => /(Request|Response|Statistics|Parameter|Contents)$/.test(name))).toEqual([]);
    let compared = 0;
    for (const [name, fields] of Object.entries(theirs)) {
      for (const { name: field, number, proto } of ours.getMessage(name)?.fields ?? []) {
        // The Open Inference Protocol's own, which Triton's contract lacks.
        if (field === 'properties' && name.endsWith('ModelMetadataResponse')) continue;
        expect([name, field, number, proto.type]).toEqual([name, field, ...(fields[field] ?? [])]);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });
});

/** Waits until the server says that it is ready. */
async function serving(address: string): Promise<void> {
  const calls = new OpenInferenceCalls(address);
  await vi.waitUntil(async () => (await calls.call((stub) => stub.serverReady, {})).ready, { timeout: 30_000 });
  calls.close();
}

/** The artifact run as it is: the reference for whatever the service answers. */
async function sessionRun(file: Buffer) {
  const { decodeModel, graphSignature } = await import('@resmask/onnx');
  const { inputs, outputs } = graphSignature(decodeModel(file));
  const [input, output] = [inputs[0].name, outputs[0].name];
  const shape = [ROWS, ...inputs[0].shape.slice(1).map(Number)];
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 251) / 251);
  const thread = await SessionThread.open(file, { provider: 'cpu', threads: 1 });
  try {
    const feeds = { [input]: { type: 'float32', dims: shape, data } } as const;
    const [{ data: values }] = (await thread.run(feeds, [output])).tensors;
    const width = values.length / ROWS;
    const logits = Array.from({ length: ROWS }, (_, i) => Array.from(values.subarray(i * width, (i + 1) * width)));
    return { input, output, shape, data, logits };
  } finally {
    await thread.close();
  }
}
