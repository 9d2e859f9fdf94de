import type { FaceOutput } from '@resmask/model-spec';
import { expect, it } from 'vitest';
import { decodeFaces } from './decode-faces.js';

const OUTPUT: FaceOutput = {
  task: 'face',
  decoder: 'ultraface',
  tensors: ['scores', 'boxes'],
  strides: [],
  scoreThreshold: 0.5,
  overlapThreshold: 0.3,
};
const INPUT = { width: 100, height: 100 };
const tensor = (...values: number[]) =>
  ({ type: 'float32', dims: [1, values.length], data: Float32Array.from(values) }) as const;
// Two boxes that overlap, the second better, and a third elsewhere.
const SCORES = tensor(0.25, 0.75, 0.125, 0.875, 0.375, 0.625);
const BOXES = tensor(0, 0, 0.5, 0.5, 0.125, 0, 0.5, 0.5, 0.5, 0.5, 1, 1);

it('keeps the best of overlapping faces, best score first, and corrects their boxes', () => {
  const boxCorrection = { shiftX: 0, shiftY: 0, scaleWidth: 2, scaleHeight: 0.5 };
  expect(decodeFaces([SCORES, BOXES], { ...OUTPUT, boxCorrection }, INPUT)).toEqual([
    { box: { x: -6.25, y: 12.5, width: 75, height: 25 }, score: 0.875, landmarks: [] },
    { box: { x: 25, y: 62.5, width: 100, height: 25 }, score: 0.625, landmarks: [] },
  ]);
});

it('says when outputs of free dimensions have sizes the decoder cannot read', () => {
  expect(() => decodeFaces([SCORES, tensor(0, 0, 1, 1)], OUTPUT, INPUT)).toThrow(
    expect.objectContaining({
      reason: 'GRAPH_SPEC_MISMATCH',
      message: 'the ultraface decoder cannot read the outputs: 1 boxes have 2 scores, got 6',
    }),
  );
});
