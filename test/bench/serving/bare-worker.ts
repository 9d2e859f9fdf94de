// ONNX Runtime alone, in a worker thread with the session options the service uses: the yardstick of the serving suite.
import { workerData } from 'node:worker_threads';
import { decodeModel, encodeModel, PIXELS_INPUT, withInputStage } from '@resmask/onnx';
import { Session, serveTasks, yieldToServers } from '@resmask/runtime';
import type { BareModel, BareTask } from './bare-models.ts';

yieldToServers();
const models = new Map<string, { session: Session; image: readonly number[]; output: string }>();
for (const { name, file, stage, image, output } of (workerData as { models: BareModel[] }).models) {
  const staged = encodeModel(withInputStage(decodeModel(file), stage));
  models.set(name, { session: await Session.open(staged, { provider: 'cpu', threads: 1 }), image, output });
}

/** @returns milliseconds */
serveTasks<BareTask, number>(async ({ run, batch }) => {
  const start = performance.now();
  for (const name of run) {
    const model = models.get(name);
    if (!model) throw new TypeError(`there is no model "${name}"`);
    const dims = [batch, ...model.image];
    const data = new Uint8Array(dims.reduce((a, b) => a * b, 1)).fill(127);
    await model.session.run({ [PIXELS_INPUT]: { type: 'uint8', dims, data } }, [model.output]);
  }
  return { response: performance.now() - start };
});
