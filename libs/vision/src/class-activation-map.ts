import type { HeatMap } from './heat-map.js';

/** Feature maps of one image, [channels, height, width] in row-major order. */
export interface FeatureMaps {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/**
 * Where a label's score comes from, in a network that ends in global average pooling and a linear layer: at each place
 * max(0, Σ weight[channel] × feature[channel]), in the units of the score (Zhou et al., "Learning Deep Features for Discriminative
 * Localization", equation 2). Without the cut at 0 the map's mean would be the score less its bias. Grad-CAM of the same features is
 * this map ÷ (height × width), since the gradient of the score is weight ÷ (height × width) everywhere (Selvaraju et al., "Grad-CAM",
 * section 3.1).
 * @param weights of the label, one for each channel
 * @throws RangeError if the weights or the data do not fit the maps.
 */
export function classActivationMap(features: FeatureMaps, weights: ArrayLike<number>): HeatMap {
  const { channels, height, width, data } = features;
  const area = height * width;
  if (weights.length !== channels || data.length !== channels * area) {
    const got = `${weights.length} weights and ${data.length} values`;
    throw new RangeError(`${channels} maps of ${height}×${width} need ${channels} weights, got ${got}`);
  }
  const sums = new Float64Array(area);
  for (let channel = 0, at = 0; channel < channels; channel += 1) {
    for (let place = 0; place < area; place += 1, at += 1) sums[place] += weights[channel] * data[at];
  }
  return { width, height, values: Float32Array.from(sums, (sum) => Math.max(sum, 0)) };
}
