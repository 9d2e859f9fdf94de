import { expect, it } from 'vitest';
import { ConfusionMatrix } from './confusion-matrix.js';

it('counts true labels in rows and predicted labels in columns', () => {
  const matrix = new ConfusionMatrix(['angry', 'happy']);
  matrix.add(0, 1);
  matrix.add(0, 1);
  matrix.add(1, 1);
  expect(matrix.countsByTrueThenPredicted).toEqual([
    [0, 2],
    [0, 1],
  ]);
  expect([matrix.correct, matrix.total]).toEqual([1, 3]);
});

it('refuses a label it does not have', () => {
  expect(() => new ConfusionMatrix(['angry']).add(1, 0)).toThrow('label 1: allowed are 0 to 0');
});
