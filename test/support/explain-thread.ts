import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { fromErrorRecord } from '@resmask/errors';
import type { ModelSpec } from '@resmask/model-spec';
import { encodeModel, type ModelProto } from '@resmask/onnx';
import type { ExplainOptions, Explanation } from '../../libs/engine/dist/worker/explainable-model.js';

export interface ExplainedModel {
  readonly name: string;
  readonly model: Uint8Array;
  readonly spec: ModelSpec;
}

export interface ExplainTask {
  readonly image: Uint8Array;
  readonly options: ExplainOptions;
}

/** Explains one task after the other, with one model. @throws DomainError as the model does. */
export async function explainAll(
  name: string,
  model: ModelProto,
  spec: ModelSpec,
  tasks: readonly ExplainTask[],
): Promise<Explanation[]> {
  const workerData: ExplainedModel = { name, model: encodeModel(model), spec };
  const worker = new Worker(new URL('./explain-worker.ts', import.meta.url), { workerData });
  try {
    const explanations: Explanation[] = [];
    for (const task of tasks) {
      worker.postMessage(task);
      const [{ explanation, error }] = await once(worker, 'message');
      if (error) throw fromErrorRecord(error);
      explanations.push(explanation);
    }
    return explanations;
  } finally {
    await worker.terminate();
  }
}

/** The only explanation of one image. */
export async function explain(
  name: string,
  model: ModelProto,
  spec: ModelSpec,
  image: Uint8Array,
  options: Partial<ExplainOptions> = {},
): Promise<Explanation> {
  const [explanation] = await explainAll(name, model, spec, [{ image, options: { masks: false, ...options } }]);
  return explanation;
}
