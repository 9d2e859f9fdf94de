import { describe, expect, it } from 'vitest';
import { normalisation } from './input-spec.js';
import { parseModelSpec } from './model-spec.js';

const INPUT = {
  tensor: 'input',
  source: 'rgb',
  planes: 3,
  height: 224,
  width: 224,
  resize: 'stretch',
  layout: 'NCHW',
  type: 'float32',
  scale: 1 / 255,
};
const OUTPUT = { task: 'expression', tensor: 'logits', values: 'logits', labels: ['happy', 'sad'] };

describe('parseModelSpec', () => {
  it('fills in what may be left out', () => {
    expect(parseModelSpec({ input: INPUT, output: OUTPUT })).toEqual({
      architecture: '',
      input: { ...INPUT, cropMargin: 1.1, mean: [], std: [] },
      output: OUTPUT,
    });
  });

  it('names every wrong field at once', () => {
    const input = { ...INPUT, planes: 1, height: 0, mean: [1, 2], scale: 0, colour: 'blue' };
    const output = { ...OUTPUT, labels: ['happy', 'happy'] };
    expect(() => parseModelSpec({ input, output })).toThrow(
      expect.objectContaining({
        reason: 'SPEC_INVALID',
        violations: expect.arrayContaining([
          expect.objectContaining({ field: 'input.height' }),
          expect.objectContaining({ field: 'input.scale', description: 'must not be 0' }),
          expect.objectContaining({ field: 'input', description: expect.stringContaining('colour') }),
          expect.objectContaining({ field: 'output.labels', description: 'labels must be distinct' }),
        ]),
      }),
    );
  });

  it('wants one mean for all planes or one for each, and three planes for colours', () => {
    expect(() => parseModelSpec({ input: { ...INPUT, mean: [1, 2] }, output: OUTPUT })).toThrow(
      'input.mean: has 2 values; allowed are none, one, or one per plane (3)',
    );
    expect(() => parseModelSpec({ input: { ...INPUT, planes: 1 }, output: OUTPUT })).toThrow(
      'a rgb source has 3 planes, got 1',
    );
  });

  it('refuses what is no specification at all', () => {
    expect(() => parseModelSpec(undefined)).toThrow(expect.objectContaining({ reason: 'SPEC_INVALID' }));
  });
});

describe('normalisation', () => {
  const { input } = parseModelSpec({ input: INPUT, output: OUTPUT });

  it('spreads one value over the planes and fills in none', () => {
    expect(normalisation(input)).toEqual({ mean: [0, 0, 0], std: [1, 1, 1] });
    expect(normalisation({ ...input, mean: [0.5], std: [1, 2, 3] })).toEqual({ mean: [0.5, 0.5, 0.5], std: [1, 2, 3] });
  });
});
