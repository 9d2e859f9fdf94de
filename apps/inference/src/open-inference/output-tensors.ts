import type { ModelInferResponse } from '@resmask/contracts/open-inference';
import type { AnyTensor } from '@resmask/runtime';
import { DATATYPES } from './datatype.js';
import { encodeRawElements } from './raw-elements.js';

/** Tensors in the form of an answer: always raw bytes, which is all that stock clients read without slowing down. */
export function toOutputTensors(
  named: readonly { readonly name: string }[],
  tensors: readonly AnyTensor[],
): Pick<ModelInferResponse, 'outputs' | 'rawOutputContents'> {
  return {
    outputs: named.map(({ name }, i) => ({
      name,
      datatype: DATATYPES[tensors[i].type].name,
      shape: tensors[i].dims.map(BigInt),
      parameters: {},
      contents: undefined,
    })),
    rawOutputContents: tensors.map(encodeRawElements),
  };
}
