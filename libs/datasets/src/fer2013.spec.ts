import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFer2013 } from './fer2013.js';
import type { RowProblem, Sample } from './sample.js';
import { SampleDigest } from './sample-digest.js';

const GREY = Array.from({ length: 2304 }, (_, i) => i % 256);

describe('readFer2013', () => {
  it('reads split, label and pixels of each row, whatever the order of the columns', async () => {
    const rows = await read(`Usage,emotion,pixels\nPrivateTest,3,${GREY.join(' ')}\nTraining,0,${GREY.join(' ')}\n`);
    expect(rows).toEqual([
      { split: 'test', label: 3, pixels: Uint8Array.from(GREY) },
      { split: 'train', label: 0, pixels: Uint8Array.from(GREY) },
    ]);
  });

  it('reads quoted fields, a byte order mark and Windows line ends', async () => {
    const rows = await read(`\uFEFFemotion,pixels,Usage\r\n"6","${GREY.join(' ')}","PublicTest"\r\n`);
    expect(rows).toEqual([{ split: 'validation', label: 6, pixels: Uint8Array.from(GREY) }]);
  });

  it('gives the line and the problem of every bad row, and the good rows between them', async () => {
    const good = `4,${GREY.join(' ')},Training`;
    const rows = await read(
      [
        'emotion,pixels,Usage',
        `7,${GREY.join(' ')},Training`,
        good,
        `1,1 2 3,Training`,
        `1,${GREY.with(9, 256).join(' ')},Training`,
        `1,${GREY.join(' ').replace('5', 'x')},Training`,
        `1,${GREY.join(' ')},Test`,
        '1',
        good,
      ].join('\n'),
    );
    expect(rows.map((row) => ('problem' in row ? `${row.line}: ${row.problem}` : 'sample'))).toEqual([
      '2: emotion is "7", allowed are 0 to 6',
      'sample',
      '4: has 3 pixels, needed are 2304',
      '5: pixel 10 is above 255',
      '6: pixel 6 is no number',
      '7: Usage is "Test", allowed are Training, PublicTest, PrivateTest',
      '8: has fewer columns than the header',
      'sample',
    ]);
  });

  it('refuses a file without one of the columns, and one that is no csv', async () => {
    await expect(read('emotion,Usage\n3,Training\n')).rejects.toThrow(
      'line 1 lacks the column pixels; it has "emotion, Usage", needed are emotion, pixels, Usage',
    );
    await expect(read(`emotion,pixels,Usage\n"${'x'.repeat(100_000)}`)).rejects.toMatchObject({
      reason: 'DATASET_MALFORMED',
    });
  });

  it('reads the same rows however the bytes are cut', async () => {
    const text = `emotion,pixels,Usage\n2,${GREY.join(' ')},Training\n5,${GREY.join(' ')},PublicTest\n`;
    const whole = await read(text);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5000 }), async (size) => {
        expect(await read(text, size)).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });
});

describe('SampleDigest', () => {
  it('does not depend on the order of the samples, but on every bit of them', () => {
    const samples: Sample[] = [0, 1, 2].map((label) => ({ split: 'test', label, pixels: Uint8Array.from(GREY) }));
    const changed = samples.with(1, { ...samples[1], pixels: Uint8Array.from(GREY.with(7, 255)) });
    expect(digestOf(samples.toReversed())).toBe(digestOf(samples));
    expect(digestOf(changed)).not.toBe(digestOf(samples));
    expect(digestOf([...samples, samples[0]])).not.toBe(digestOf(samples));
  });
});

async function read(text: string, chunkSize = 4096): Promise<(Sample | RowProblem)[]> {
  const bytes = new TextEncoder().encode(text);
  const rows: (Sample | RowProblem)[] = [];
  for await (const row of readFer2013(cut(bytes, chunkSize))) rows.push(row);
  return rows;
}

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

function digestOf(samples: readonly Sample[]): string {
  const digest = new SampleDigest();
  for (const sample of samples) digest.add(sample);
  return digest.finish();
}
