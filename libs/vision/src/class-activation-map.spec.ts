import { seededRandom } from '@resmask/tensor';
import { expect, it } from 'vitest';
import { classActivationMap } from './class-activation-map.js';

const random = seededRandom(5);
const features = {
  channels: 6,
  height: 3,
  width: 4,
  data: Float32Array.from({ length: 72 }, () => 2 * random() - 0.5),
};
const weights = Array.from({ length: 6 }, () => 2 * random() - 1);
const area = features.height * features.width;

/** The score of the label: the maps' means, weighted. */
function score(data: Float64Array): number {
  return weights.reduce((sum, weight, c) => {
    const map = data.subarray(c * area, (c + 1) * area);
    return sum + (weight * map.reduce((total, value) => total + value, 0)) / area;
  }, 0);
}

/** Grad-CAM by its definition, with gradients of central differences. (Selvaraju et al., equations 1 and 2) */
function gradCam(): number[] {
  const step = 1e-4;
  const gradient = Array.from(features.data, (value, i) => {
    const [up, down] = [1, -1].map((sign) => score(Float64Array.from(features.data).with(i, value + sign * step)));
    return (up - down) / (2 * step);
  });
  const importance = weights.map((_, c) => gradient.slice(c * area, (c + 1) * area).reduce((a, b) => a + b) / area);
  return Array.from({ length: area }, (_, place) =>
    Math.max(
      0,
      importance.reduce((sum, alpha, c) => sum + alpha * features.data[c * area + place], 0),
    ),
  );
}

it('is Grad-CAM × the number of places, negative places 0', () => {
  const { width, height, values } = classActivationMap(features, weights);
  expect([width, height, values.length]).toEqual([4, 3, 12]);
  const expected = gradCam();
  for (const [place, value] of expected.entries()) expect(values[place]).toBeCloseTo(area * value, 5);
  expect(expected.some((value) => value === 0) && expected.some((value) => value > 0)).toBe(true);
});

it('has the score less its bias as its mean, where nothing speaks against the label', () => {
  const positive = weights.map(Math.abs);
  const data = features.data.map(Math.abs);
  const { values } = classActivationMap({ ...features, data }, positive);
  const mean = values.reduce((sum, value) => sum + value, 0) / area;
  const logit = positive.reduce(
    (sum, weight, c) => sum + (weight * data.slice(c * area, (c + 1) * area).reduce((a, b) => a + b)) / area,
    0,
  );
  expect(mean).toBeCloseTo(logit, 5);
});

it('refuses weights of another number than maps', () => {
  expect(() => classActivationMap(features, [1, 2])).toThrow(
    '6 maps of 3×4 need 6 weights, got 2 weights and 72 values',
  );
});
