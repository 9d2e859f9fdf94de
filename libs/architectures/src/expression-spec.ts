import type { ModelSpec } from '@resmask/model-spec';
import { EXPRESSION_LABELS } from './expression-labels.js';
import type { NetworkOptions } from './network-options.js';

/**
 * How the published pipeline feeds an expression network: a square crop with margin 1.1, grey, resized, repeated to the network's
 * planes, ÷ 255, nothing else. Labels are FER2013's where there are seven, otherwise numbers.
 */
export function expressionSpec(architecture: string, { classes, size, channels }: NetworkOptions): ModelSpec {
  const labels =
    classes === EXPRESSION_LABELS.length
      ? [...EXPRESSION_LABELS]
      : Array.from({ length: classes }, (_, index) => `class ${index}`);
  return {
    architecture,
    input: {
      tensor: 'input',
      source: 'gray',
      planes: channels,
      height: size,
      width: size,
      resize: 'stretch',
      cropMargin: 1.1,
      layout: 'NCHW',
      type: 'float32',
      scale: 1 / 255,
      mean: [],
      std: [],
    },
    output: { task: 'expression', tensor: 'logits', values: 'logits', labels },
  };
}
