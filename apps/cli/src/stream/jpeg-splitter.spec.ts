import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitJpegs } from './jpeg-splitter.js';

const image = (...body: number[]): Buffer => Buffer.from([0xff, 0xd8, ...body, 0xff, 0xd9]);

async function split(stream: Buffer, chunk: number): Promise<Buffer[]> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let start = 0; start < stream.length; start += chunk) yield stream.subarray(start, start + chunk);
  }
  const images: Buffer[] = [];
  for await (const found of splitJpegs(chunks())) images.push(Buffer.from(found));
  return images;
}

describe('splitJpegs', () => {
  it('finds every image however the stream is cut', async () => {
    const images = [image(1, 2, 0xff, 0x00, 3), image(), image(0xff, 0xd0, 9)];
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (chunk) => {
        expect(await split(Buffer.concat(images), chunk)).toEqual(images);
      }),
    );
  });

  it('gives no image that has not ended', async () => {
    expect(await split(Buffer.concat([image(1), Buffer.from([0xff, 0xd8, 1])]), 4)).toEqual([image(1)]);
  });
});
