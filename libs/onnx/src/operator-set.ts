import type { ModelProto } from './gen/onnx/onnx.js';

/** Version of ONNX's own operators that a model is written in; 0 where it names none. */
export function operatorSet({ opsetImport }: ModelProto): number {
  return Number(opsetImport.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx')?.version ?? 0);
}
