import { seededRandom } from '@resmask/tensor';

const USAGES = ['Training', 'PublicTest', 'PrivateTest'] as const;

/** A small file in the form of Kaggle's fer2013.csv: seeded noise with seeded labels, `rows` for each of the three splits. */
export function syntheticCsv(rows: number, seed = 1): Buffer {
  const random = seededRandom(seed);
  const lines = ['emotion,pixels,Usage'];
  for (const usage of USAGES) {
    for (let row = 0; row < rows; row += 1) {
      // Bright or dark, so that an untrained network does not say the same of all.
      const brightness = random() * 200;
      const pixels = Array.from({ length: 2304 }, () => Math.floor(brightness + random() * 55));
      lines.push(`${Math.floor(random() * 7)},${pixels.join(' ')},${usage}`);
    }
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Pixels of the rows of a split of such a file, in order. */
export function csvPixels(csv: Buffer, usage: (typeof USAGES)[number]): Uint8Array[] {
  return csv
    .toString()
    .split('\n')
    .filter((line) => line.endsWith(usage))
    .map((line) => Uint8Array.from(line.split(',')[1].split(' ').map(Number)));
}
