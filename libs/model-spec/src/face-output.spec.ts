import { describe, expect, it } from 'vitest';
import { faceOutputShapes } from './face-output-shapes.js';
import { parseModelSpec } from './model-spec.js';
import type { FaceOutput } from './output-spec.js';

const INPUT = {
  tensor: 'input',
  source: 'bgr',
  planes: 3,
  height: 320,
  width: 640,
  resize: 'letterbox',
  layout: 'NCHW',
  type: 'float32',
  scale: 1,
};
const YUNET = {
  task: 'face',
  decoder: 'yunet',
  tensors: ['cls', 'obj', 'bbox', 'kps'].flatMap((kind) => [8, 16, 32].map((stride) => `${kind}_${stride}`)),
  strides: [8, 16, 32],
  scoreThreshold: 0.5,
  overlapThreshold: 0.3,
};
const ULTRAFACE = { ...YUNET, decoder: 'ultraface', tensors: ['scores', 'boxes'], strides: [] };
const TINY_FACE = { ...YUNET, decoder: 'tiny-face', tensors: ['grid'], strides: [32] };

const faceOutput = (output: object): FaceOutput => parseModelSpec({ input: INPUT, output }).output as FaceOutput;

describe('the output of a face detector', () => {
  it.each([TINY_FACE, YUNET, ULTRAFACE])('has the tensors and strides that $decoder reads', (output) => {
    expect(faceOutput(output)).toEqual(output);
  });

  it('needs no strides where there are no grids', () => {
    const { strides: _, ...output } = ULTRAFACE;
    expect(faceOutput(output).strides).toEqual([]);
  });

  it.each([
    [{ ...YUNET, tensors: ['cls_8'] }, 'output.tensors: yunet reads 12 (class scores of each stride'],
    [{ ...YUNET, tensors: Array(12).fill('cls_8') }, 'output.tensors: tensors must be distinct'],
    [{ ...YUNET, strides: [8] }, 'output.strides: yunet has 3, got 1'],
    [{ ...ULTRAFACE, strides: [8] }, 'output.strides: ultraface has 0, got 1'],
    [{ ...TINY_FACE, strides: undefined }, 'output.strides: tiny-face has 1, got 0'],
    [{ ...TINY_FACE, decoder: 'retinaface' }, 'output.decoder'],
  ])('is refused with a reason (%#)', (output, reason) => {
    expect(() => faceOutput(output)).toThrow(reason);
  });
});

describe('faceOutputShapes', () => {
  it('tells the size of each grid', () => {
    expect(faceOutputShapes(faceOutput(TINY_FACE), INPUT)).toEqual([['batch', 25, 10, 20]]);
    const shapes = faceOutputShapes(faceOutput(YUNET), INPUT);
    expect(shapes).toHaveLength(12);
    expect([shapes[0], shapes[5], shapes[10]]).toEqual([
      ['batch', 3200, 1],
      ['batch', 200, 1],
      ['batch', 800, 10],
    ]);
  });

  it('leaves the number of anchors open where the graph decides it', () => {
    expect(faceOutputShapes(faceOutput(ULTRAFACE), INPUT)).toEqual([
      ['batch', 'anchors', 2],
      ['batch', 'anchors', 4],
    ]);
  });
});
