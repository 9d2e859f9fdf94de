import { workerData } from 'node:worker_threads';
import { DomainError } from '@resmask/errors';
import { type Failure, serveTasks, type TaskResult, toFailure } from '@resmask/runtime';
import type { PlacedFace } from '../recognition.js';
import { modelSourceOf } from '../staging/model-source-of.js';
import { classify } from './classify.js';
import { cropRegion, inputsOf, prepareFace } from './crop-faces.js';
import { decodeFaces } from './decode-faces.js';
import { decodeInput } from './decode-input.js';
import { explainFace } from './explain-face.js';
import { ExplainableModel } from './explainable-model.js';
import { LoadedModel } from './loaded-model.js';
import type { ClassifiedItem, ClassifyItem, ModelRequest, ModelResponse, ModelWorkerData } from './model-task.js';
import { fillUp } from './padded-batch.js';
import { prepareInput } from './prepare-input.js';
import { warmUp } from './warm-up.js';

/** One version in a thread of its own: ending the thread gives all its memory back. */
const data = workerData as ModelWorkerData;
let opened: Promise<{ model: LoadedModel; response: ModelResponse & { kind: 'opened' } }> | undefined;
let explainable: Promise<ExplainableModel> | undefined;

/** Inputs of one item, or why there are none. */
type PreparedItem =
  | { readonly inputs: Uint8Array; readonly faces: readonly PlacedFace[] }
  | { readonly failure: Failure };

serveTasks<ModelRequest, ModelResponse>(async (request) => {
  if (data.role === 'explain') return explain(request);
  opened ??= open();
  const { model, response } = await opened;
  switch (request.kind) {
    case 'open':
      return { response };
    case 'classify':
      return classifyItems(model, request.items, response.maxBatch);
    case 'detect':
      return { response: await detect(model, request.input) };
    case 'samples':
      return classifySamples(model, request, response.maxBatch);
    case 'explain':
      throw new TypeError('these sessions serve; others explain');
  }
});

async function open() {
  const { name, files, spec, cacheFolder, provider, threads, maxBatch, maxBatchMs } = data;
  const source = await modelSourceOf({ cacheFolder, files, provider, purpose: { role: 'serve', spec } });
  const model = await LoadedModel.open(name, source, spec, { provider, threads });
  const largest = await warmUp(model, spec.output.task === 'face' ? 1 : maxBatch, maxBatchMs);
  return { model, response: { kind: 'opened', maxBatch: largest } as const };
}

async function explain(request: ModelRequest): Promise<TaskResult<ModelResponse>> {
  const { name, files, spec, cacheFolder, provider, threads } = data;
  explainable ??= modelSourceOf({ cacheFolder, files, provider, purpose: { role: 'explain', spec } }).then((source) =>
    ExplainableModel.open(name, source, spec, { provider, threads }),
  );
  const model = await explainable;
  if (request.kind === 'open') return { response: { kind: 'opened', maxBatch: 1 } };
  if (request.kind !== 'explain') throw new TypeError('these sessions explain; others serve');
  const { input, picture, options } = request;
  return { response: { kind: 'explained', explanation: await explainFace(model, input, picture, options) } };
}

async function classifyItems(
  model: LoadedModel,
  items: readonly ClassifyItem[],
  maxBatch: number,
): Promise<TaskResult<ModelResponse>> {
  const start = performance.now();
  const prepared = await Promise.all(items.map((item) => prepare(model, item)));
  const inputs = prepared.flatMap((item) => ('failure' in item ? [] : [item.inputs]));
  const { images, count } = fillUp(inputs, model.imageBytes, data.provider !== 'cpu');
  const ready = performance.now();
  const rows = await classify(model, images, maxBatch);
  const done = performance.now();
  const width = rows.length / Math.max(1, images.length / model.imageBytes);
  let row = 0;
  const results = prepared.map((item): ClassifiedItem => {
    if ('failure' in item) return item;
    const first = row;
    row += item.inputs.length / model.imageBytes;
    return { rows: rows.slice(first * width, row * width), faces: item.faces };
  });
  const response: ModelResponse = {
    kind: 'classified',
    items: results,
    prepareMs: ready - start,
    inferMs: done - ready,
    batchSize: count,
  };
  return { response, transfer: results.flatMap((item) => ('rows' in item ? [item.rows.buffer as ArrayBuffer] : [])) };
}

async function prepare(model: LoadedModel, item: ClassifyItem): Promise<PreparedItem> {
  if (item.kind === 'prepared') return { inputs: item.inputs, faces: [] };
  try {
    const { pixels } = await decodeInput(item.image, data.limits);
    const { input } = model.spec;
    const faces = item.regions.map((region, i) =>
      prepareFace(cropRegion(pixels, region, [input.cropMargin], i), [input], false),
    );
    return { inputs: inputsOf(faces, input, 0), faces: faces.map(({ face }) => face) };
  } catch (error) {
    // One bad frame must not take the others of its batch along.
    return { failure: toFailure(error) };
  }
}

async function detect(model: LoadedModel, input: Uint8Array): Promise<ModelResponse> {
  const { output } = model.spec;
  if (output.task !== 'face')
    throw new DomainError('TASK_MISMATCH', `${model.name} classifies; a face detector is needed here`);
  const start = performance.now();
  const outputs = await model.run(input, 1);
  return {
    kind: 'detected',
    detections: decodeFaces(outputs, output, model.spec.input),
    inferMs: performance.now() - start,
  };
}

async function classifySamples(
  model: LoadedModel,
  { images, width, height }: ModelRequest & { kind: 'samples' },
  maxBatch: number,
): Promise<TaskResult<ModelResponse>> {
  const size = width * height;
  const all: Float32Array[] = [];
  for (let start = 0; start < images.length; start += maxBatch * size) {
    const some = images.subarray(start, start + maxBatch * size);
    const inputs = new Uint8Array((some.length / size) * model.imageBytes);
    for (let i = 0; i * size < some.length; i += 1) {
      const pixels = { width, height, channels: 1 as const, data: some.subarray(i * size, (i + 1) * size) };
      inputs.set(prepareInput(pixels, model.spec.input).data, i * model.imageBytes);
    }
    all.push(await classify(model, inputs, maxBatch));
  }
  const rows = joined(all);
  return { response: { kind: 'probabilities', rows }, transfer: [rows.buffer] };
}

function joined(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
