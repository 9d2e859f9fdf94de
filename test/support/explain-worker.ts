// An explainable model in a thread of its own, since sessions are refused on the main one.
import { parentPort, workerData } from 'node:worker_threads';
import { DomainError, toErrorRecord } from '@resmask/errors';
import { decodeModel, encodeModel } from '@resmask/onnx';
import { stageGraph } from '../../libs/engine/dist/staging/stage-graph.js';
import { ExplainableModel } from '../../libs/engine/dist/worker/explainable-model.js';
import type { ExplainedModel, ExplainTask } from './explain-thread.ts';

const { name, model, spec } = workerData as ExplainedModel;
const { model: graph, facts } = stageGraph(decodeModel(model), { role: 'explain', spec });
const source = { model: encodeModel(graph), optimized: false, facts };
const explainable = ExplainableModel.open(name, source, spec, { provider: 'cpu', threads: 1 });
explainable.catch(() => {});

parentPort?.on('message', async ({ image, options }: ExplainTask) => {
  try {
    parentPort?.postMessage({ explanation: await (await explainable).explain(image, options) });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    parentPort?.postMessage({ error: toErrorRecord(error) });
  }
});
