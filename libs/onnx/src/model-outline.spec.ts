import { seededRandom, tensor } from '@resmask/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './graph-builder.js';
import { graphSignature } from './graph-signature.js';
import { encodeModel } from './model-file.js';
import { readModelOutline } from './model-outline.js';
import { countParameters } from './parameter-count.js';

const random = seededRandom(1);
const numbers = (...shape: number[]) =>
  tensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random()),
  );

function example(): Uint8Array {
  const graph = new GraphBuilder('g');
  const x = graph.conv('conv', graph.input('x', ['batch', 3, 32, 32]), numbers(64, 3, 5, 5), numbers(64));
  graph.output('y', graph.linear('fc', graph.globalAveragePool('mean', x), numbers(300, 64), numbers(300)));
  return encodeModel(graph.build());
}

const rangesOf = (bytes: Uint8Array) => {
  const read = { bytes: 0 };
  const range = async (offset: number, length: number): Promise<Uint8Array> => {
    read.bytes += length;
    return bytes.subarray(offset, offset + length);
  };
  return { read, range };
};

describe('readModelOutline', () => {
  it('has the signature, the nodes and the parameters of the model, and not its large weights', async () => {
    const bytes = example();
    const outline = await readModelOutline(rangesOf(bytes).range, bytes.length);
    expect(graphSignature(outline).outputs).toEqual([{ name: 'y', type: 'float32', shape: ['batch', 300] }]);
    expect(countParameters(outline)).toBe(64 * 75 + 64 + 300 * 64 + 300);
    expect(encodeModel(outline).length).toBeLessThan(4096);
  });

  it('skips weights instead of reading them', async () => {
    const graph = new GraphBuilder('big');
    const x = graph.input('x', ['batch', 1024]);
    graph.output('y', graph.linear('fc', x, numbers(4096, 1024), numbers(4096)));
    const bytes = encodeModel(graph.build());
    const { read, range } = rangesOf(bytes);
    await readModelOutline(range, bytes.length);
    expect(bytes.length).toBeGreaterThan(16_000_000);
    expect(read.bytes).toBeLessThan(2_000_000);
  });

  it('refuses what is no ONNX, and never crashes on damaged bytes', async () => {
    await expect(readModelOutline(rangesOf(Buffer.from('just text, no model')).range, 19)).rejects.toMatchObject({
      reason: 'NOT_ONNX',
    });
    const whole = example();
    const damage = fc.tuple(fc.nat(2000), fc.nat(255), fc.nat(whole.length));
    await fc.assert(
      fc.asyncProperty(damage, async ([at, value, length]) => {
        const bytes = whole.slice(0, length);
        if (at < bytes.length) bytes[at] = value;
        try {
          await readModelOutline(rangesOf(bytes).range, bytes.length);
        } catch (error) {
          expect(error).toMatchObject({ reason: 'NOT_ONNX' });
        }
      }),
      { numRuns: 300 },
    );
  });
});
