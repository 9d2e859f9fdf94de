import { workerData } from 'node:worker_threads';
import { FolderArtifactStore } from '@resmask/artifacts';
import { type AnyTensor, serveTasks, type TaskResult } from '@resmask/runtime';
import type { NativeRequest, NativeResponse, NativeWorkerData } from '../native/native-messages.js';
import { NativeModel } from './native-model.js';
import { wholeModel } from './whole-model.js';

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
  const cache = await FolderArtifactStore.open(cacheFolder);
  const contents = new Map<string, Uint8Array>();
  for (const { path, sha256 } of files) contents.set(path, await cache.readAll(sha256));
  const [graph] = contents.values();
  return NativeModel.open(name, contents.size === 1 ? graph : wholeModel(contents), { provider, threads });
}

function buffersOf(tensors: readonly AnyTensor[]): ArrayBuffer[] {
  const buffers = tensors.flatMap(({ data }) => ('buffer' in data ? [data.buffer as ArrayBuffer] : []));
  return [...new Set(buffers)];
}
