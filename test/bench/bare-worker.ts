// ONNX Runtime alone, in a worker thread with the session options the service uses: the yardstick of the serving suite.
import { workerData } from 'node:worker_threads';
import { decodeModel, encodeModel, PIXELS_INPUT, withInputStage } from '@resmask/onnx';
import { Session, serveTasks } from '@resmask/runtime';
import type { BareModel, BareTask } from './bare-pool.ts';

const models = new Map<string, { session: Session; dims: readonly number[]; output: string; input: Uint8Array }>();
for (const { name, file, stage, dims, output } of (workerData as { models: BareModel[] }).models) {
  const session = await Session.open(encodeModel(withInputStage(decodeModel(file), stage)), {
    provider: 'cpu',
    threads: 1,
  });
  models.set(name, { session, dims, output, input: new Uint8Array(dims.reduce((a, b) => a * b, 1)).fill(127) });
}

/** Runs each named model once, one after the other. @returns milliseconds */
serveTasks<BareTask, number>(async ({ run }) => {
  const start = performance.now();
  for (const name of run) {
    const model = models.get(name);
    if (!model) throw new TypeError(`there is no model "${name}"`);
    await model.session.run({ [PIXELS_INPUT]: { type: 'uint8', dims: model.dims, data: model.input } }, [model.output]);
  }
  return { response: performance.now() - start };
});
