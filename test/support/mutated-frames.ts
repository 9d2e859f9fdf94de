import type { FrameInput } from '@resmask/client';
import { type Image, PixelFormat, type Region } from '@resmask/contracts/inference.v1';
import { seededRandom } from '@resmask/tensor';
import { WHOLE } from './gray-frames.js';
import { noiseJpeg, noisePng, reencode } from './pictures.js';

const EDGES = [0, -1, 1, 0.5, 1e-30, 1e9, 1e30, -1e30, 3e38, Number.NaN, Number.POSITIVE_INFINITY];
const SIDES = [0, -1, 1, 15, 16, 48, 64, 5000, 65_535, 2 ** 31 - 1, -(2 ** 31)];

/** Frames as an enemy would make them: pictures cut, changed and swollen, sizes that lie, boxes of no numbers. The same ones for a seed. */
export class MutatedFrames {
  readonly #random: () => number;

  private constructor(
    readonly pictures: readonly Buffer[],
    seed: number,
  ) {
    this.#random = seededRandom(seed);
  }

  static async open(seed: number): Promise<MutatedFrames> {
    const png = await noisePng(64, 48);
    return new MutatedFrames([await noiseJpeg(64, 48), png, await reencode(png, 'webp')], seed);
  }

  next(frameId: number): FrameInput {
    const frame = { frameId, image: this.#image(), regions: this.#regions() };
    if (this.#chance(0.9)) return frame;
    const captureTime = { seconds: this.#pick([0, -1, 2 ** 53 - 1, -(2 ** 53) + 1]), nanos: this.#pick(SIDES) };
    const deadline = { seconds: this.#pick([0, 1, 1e9]), nanos: this.#pick([0, 1, -1, 2 ** 31 - 1]) };
    return { ...frame, captureTime, ...(this.#chance(0.5) && { deadline }) };
  }

  /** Bytes with something wrong in them. */
  mutate(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    const at = this.#integer(copy.length);
    switch (this.#integer(6)) {
      case 0:
        return copy.subarray(0, at);
      case 1:
        copy.subarray(at, at + this.#integer(200)).fill(this.#integer(256));
        return copy;
      case 2:
        return Buffer.concat([copy.subarray(0, at), copy.subarray(this.#integer(copy.length))]);
      case 3:
        return Buffer.concat([copy, Buffer.alloc(this.#integer(5000), 0xff)]);
      default:
        for (let flips = 1 + this.#integer(20); flips > 0; flips -= 1)
          copy[this.#integer(copy.length)] ^= 1 << this.#integer(8);
        return copy;
    }
  }

  #image(): Image | undefined {
    if (this.#chance(0.02)) return undefined;
    if (this.#chance(0.6)) return { content: { $case: 'encoded', value: this.mutate(this.#pick(this.pictures)) } };
    const [width, height] = this.#chance(0.5) ? [48, 48] : [this.#pick(SIDES), this.#pick(SIDES)];
    const format = this.#pick([0, 1, 2, 3, 99]) as PixelFormat;
    const bytes = this.#chance(0.7)
      ? 48 * 48 * (format === PixelFormat.PIXEL_FORMAT_GRAY8 ? 1 : 3)
      : this.#integer(9999);
    return {
      content: { $case: 'raw', value: { format, width, height, data: Buffer.alloc(bytes, this.#integer(256)) } },
    };
  }

  #regions(): Region[] {
    if (this.#chance(0.4)) return [];
    if (this.#chance(0.4)) return WHOLE;
    const one = (): Region => {
      if (this.#chance(0.05)) return { area: undefined };
      const number = (): number => (this.#chance(0.6) ? this.#integer(64) : this.#pick(EDGES));
      const value = { x: number(), y: number(), width: number(), height: number() };
      return { area: { $case: this.#pick(['face', 'crop'] as const), value } };
    };
    return Array.from({ length: this.#pick([1, 1, 2, 256, 257]) }, one);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #integer(below: number): number {
    return Math.floor(this.#random() * below);
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#integer(items.length)];
  }
}
