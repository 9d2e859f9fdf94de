import { workerData } from 'node:worker_threads';
import { type AnyTensor, serveTasks, type TaskResult } from '@resmask/runtime';
import type { NativeRequest, NativeResponse, NativeWorkerData } from '../native/native-messages.js';
import { modelSourceOf } from '../staging/model-source-of.js';
import { NativeModel } from './native-model.js';

const { name, files, cacheFolder, provider, threads } = workerData as NativeWorkerData;
let model: NativeModel | undefined;

serveTasks<NativeRequest, NativeResponse>(async (request): Promise<TaskResult<NativeResponse>> => {
  const takenAt = process.hrtime.bigint();
  model ??= await open();
  if (request.kind === 'open') return { response: { kind: 'opened', signature: model.signature } };
  const startedAt = process.hrtime.bigint();
  const outputs = await model.run(request.feeds, request.outputs);
  const endedAt = process.hrtime.bigint();
  return { response: { kind: 'ran', outputs, takenAt, startedAt, endedAt }, transfer: buffersOf(outputs) };
});

async function open(): Promise<NativeModel> {
  const source = await modelSourceOf({ cacheFolder, files, provider, purpose: { role: 'native' } });
  return NativeModel.open(name, source, { provider, threads });
}

function buffersOf(tensors: readonly AnyTensor[]): ArrayBuffer[] {
  const buffers = tensors.flatMap(({ data }) => ('buffer' in data ? [data.buffer as ArrayBuffer] : []));
  return [...new Set(buffers)];
}
