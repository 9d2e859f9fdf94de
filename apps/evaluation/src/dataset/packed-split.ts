import type { ArtifactStore, ArtifactWriter, StoredArtifact } from '@resmask/artifacts';
import type { Sample } from '@resmask/datasets';

const BLOCK_BYTES = 1024 * 1024;

/** Samples of one split on their way into the store: all pixels in one artifact, all label bytes in another. */
export class PackedSplit {
  readonly #labels: number[] = [];
  readonly #classCounts: number[];
  #block: Uint8Array[] = [];
  #blockBytes = 0;

  private constructor(
    readonly store: ArtifactStore,
    readonly pixels: ArtifactWriter,
    classes: number,
  ) {
    this.#classCounts = new Array<number>(classes).fill(0);
  }

  static async open(store: ArtifactStore, classes: number, maxBytes: number): Promise<PackedSplit> {
    return new PackedSplit(store, await store.writer(maxBytes), classes);
  }

  get sampleCount(): number {
    return this.#labels.length;
  }

  get classCounts(): readonly number[] {
    return this.#classCounts;
  }

  async add({ label, pixels }: Sample): Promise<void> {
    this.#labels.push(label);
    this.#classCounts[label] += 1;
    this.#block.push(pixels);
    this.#blockBytes += pixels.length;
    if (this.#blockBytes >= BLOCK_BYTES) await this.#flush();
  }

  async commit(): Promise<{ pixels: StoredArtifact; labels: StoredArtifact }> {
    await this.#flush();
    const pixels = await this.pixels.commit();
    const writer = await this.store.writer(this.#labels.length);
    await writer.write(Uint8Array.from(this.#labels));
    return { pixels, labels: await writer.commit() };
  }

  async discard(): Promise<void> {
    await this.pixels.discard();
  }

  async #flush(): Promise<void> {
    const block = Buffer.concat(this.#block);
    this.#block = [];
    this.#blockBytes = 0;
    await this.pixels.write(block);
  }
}
