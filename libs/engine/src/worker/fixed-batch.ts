import type { InputSpec } from '@resmask/model-spec';
import { graphSignature, type ModelProto } from '@resmask/onnx';

/** Images of a run whose graph allows one number only; undefined where it allows any. */
export function fixedBatch(graph: ModelProto, { tensor }: InputSpec): number | undefined {
  const [batch] = graphSignature(graph).inputs.find(({ name }) => name === tensor)?.shape ?? [];
  return typeof batch === 'number' && batch > 0 ? batch : undefined;
}
