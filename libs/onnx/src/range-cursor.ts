/** Reads bytes of a file: exactly `length`, from `offset`, both within it. */
export type ReadRange = (offset: number, length: number) => Promise<Uint8Array>;

const WINDOW_BYTES = 256 * 1024;
const SCALAR_BYTES: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** Walks over protobuf in a file that is not in memory. Throws RangeError for what is no protobuf. */
export class RangeCursor {
  position = 0;
  #window: Uint8Array = new Uint8Array(0);
  #start = 0;

  constructor(
    readonly read: ReadRange,
    readonly sizeBytes: number,
  ) {}

  /** An unsigned number of up to 53 bits. */
  async varint(): Promise<number> {
    let value = 0;
    for (let shift = 0; shift < 56; shift += 7) {
      const byte = await this.#byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) {
        if (Number.isSafeInteger(value)) return value;
        break;
      }
    }
    throw new RangeError('a length is too large');
  }

  /** Over a field that has no length: varint, fixed64 or fixed32. */
  async skipScalar(wireType: number): Promise<void> {
    const size = SCALAR_BYTES[wireType];
    if (size !== undefined) {
      this.position += size;
    } else if (wireType === 0) {
      while ((await this.#byte()) >= 128);
    } else {
      throw new RangeError(`there is no wire type ${wireType}`);
    }
    if (this.position > this.sizeBytes) throw new RangeError('it ends in the middle of a field');
  }

  /** A copy of the next bytes. */
  async bytes(length: number): Promise<Uint8Array> {
    if (this.position + length > this.sizeBytes) throw new RangeError('it ends in the middle of a field');
    const start = this.position;
    this.position += length;
    if (start >= this.#start && this.position <= this.#start + this.#window.length)
      return this.#window.slice(start - this.#start, this.position - this.#start);
    return Uint8Array.from(await this.read(start, length));
  }

  async #byte(): Promise<number> {
    const at = this.position - this.#start;
    if (at < 0 || at >= this.#window.length) {
      if (this.position >= this.sizeBytes) throw new RangeError('it ends in the middle of a field');
      this.#window = await this.read(this.position, Math.min(WINDOW_BYTES, this.sizeBytes - this.position));
      this.#start = this.position;
    }
    const byte = this.#window[this.position - this.#start];
    this.position += 1;
    return byte;
  }
}
