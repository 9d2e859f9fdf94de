import { workerData } from 'node:worker_threads';
import { PIXELS_INPUT } from '@resmask/onnx';
import { Session, serveTasks } from '@resmask/runtime';
import type { CalibrationRequest, CalibrationResponse, CalibrationWorkerData } from '../calibration-messages.js';
import type { ImageInput } from '../image-input.js';
import { decodeInput } from './decode-input.js';
import { prepareInput, sourcePlanes } from './prepare-input.js';
import { TensorWatch } from './tensor-watch.js';

const { input, needs, threads, limits } = workerData as CalibrationWorkerData;
const watch = new TensorWatch(needs);
let session: Session | undefined;

serveTasks<CalibrationRequest, CalibrationResponse>(async (request) => {
  switch (request.kind) {
    case 'open':
      // Float32 on the CPU is the reference, and always there.
      session = await Session.open(request.file, { provider: 'cpu', threads });
      return { response: undefined };
    case 'images':
      await run(request.images);
      return { response: undefined };
    case 'finish':
      return { response: watch.finish(request.method) };
  }
});

async function run(images: readonly ImageInput[]): Promise<void> {
  if (!session) throw new TypeError('images came before the model');
  const prepared: Uint8Array[] = [];
  for (const image of images) prepared.push(prepareInput((await decodeInput(image, limits)).pixels, input).data);
  const dims = [images.length, input.height, input.width, sourcePlanes(input)];
  const feed = { type: 'uint8', dims, data: Buffer.concat(prepared) } as const;
  const tensors = await session.run({ [PIXELS_INPUT]: feed }, watch.names);
  for (const [i, name] of watch.names.entries()) watch.add(name, tensors[i]);
}
