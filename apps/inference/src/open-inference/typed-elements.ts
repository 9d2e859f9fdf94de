import type { InferTensorContents } from '@resmask/contracts/open-inference';
import type { TensorData, TensorType } from '@resmask/runtime';
import { DATATYPES, LAYOUTS } from './datatype.js';
import { tensorInvalid } from './tensor-invalid.js';
import { toText } from './text-elements.js';

/**
 * Elements of a tensor from the typed lists of its `contents`.
 * @throws DomainError TENSOR_INVALID for another list than the datatype's, another number of elements, or one out of range.
 */
export function decodeTypedElements(
  type: TensorType,
  contents: InferTensorContents,
  count: number,
  field: string,
): TensorData[TensorType] {
  const { name, contents: list } = DATATYPES[type];
  if (!list) throw tensorInvalid(field, `${name} has no typed contents; send its elements as raw_input_contents`);
  const others = Object.entries(contents).filter(([key, elements]) => key !== list && elements.length > 0);
  if (others.length > 0) {
    throw tensorInvalid(field, `got ${others.map(([key]) => snakeCase(key))}; ${name} belongs into ${snakeCase(list)}`);
  }
  const elements = contents[list];
  if (elements.length !== count) {
    throw tensorInvalid(field, `got ${elements.length} elements; the shape has ${count}`);
  }
  if (type === 'string') return contents.bytesContents.map((bytes, i) => toText(bytes, `${field}, element ${i}`));
  return toFixed(LAYOUTS[type].View, elements as readonly (number | bigint | boolean)[], name, field);
}

type FixedView = (typeof LAYOUTS)[keyof typeof LAYOUTS]['View'];

function toFixed(View: FixedView, elements: readonly (number | bigint | boolean)[], name: string, field: string) {
  const size = elements.length * (View as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
  const data = new View(new ArrayBuffer(size), 0, elements.length);
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  for (const [i, element] of elements.entries()) {
    // Whole numbers of 8 and 16 bits come as wider ones.
    data[i] = typeof element === 'boolean' ? Number(element) : element;
    if (isFloat || typeof element === 'boolean' || data[i] === element) continue;
    throw tensorInvalid(field, `element ${i} is ${element}, which is no ${name}`);
  }
  return data;
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
