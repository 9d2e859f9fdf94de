import { encodeModel, type ModelProto } from '@resmask/onnx';
import { type SessionTensor, SessionThread } from '@resmask/runtime';

/** Outputs of one run in ONNX Runtime's CPU provider. @param model a graph, or the path of an ONNX file */
export async function runModel(
  model: ModelProto | string,
  feeds: Readonly<Record<string, SessionTensor>>,
  outputs: readonly string[],
): Promise<readonly SessionTensor[]> {
  const file = typeof model === 'string' ? model : encodeModel(model);
  const thread = await SessionThread.open(file, { provider: 'cpu', threads: 1 });
  try {
    return (await thread.run(feeds, outputs)).tensors;
  } finally {
    await thread.close();
  }
}

/** A float32 feed. */
export function feed(dims: readonly number[], data: Float32Array): SessionTensor {
  return { type: 'float32', dims, data };
}

/** Largest difference of two outputs ÷ largest magnitude of the first. */
export function relativeDifference(a: SessionTensor, b: SessionTensor): number {
  if (a.data.length !== b.data.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < a.data.length; i += 1) {
    difference = Math.max(difference, Math.abs(a.data[i] - b.data[i]));
    magnitude = Math.max(magnitude, Math.abs(a.data[i]));
  }
  return difference / magnitude;
}
