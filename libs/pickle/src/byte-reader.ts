import { damaged } from './refusals.js';

const NEWLINE = 0x0a;

/** Reads a pickle's arguments one after the other; every read is checked against the end. Bytes are views, never copies. */
export class ByteReader {
  readonly #view: DataView;
  #position = 0;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.#position;
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A length in eight bytes; one beyond 2^53 is beyond the end as well. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** The only big-endian number of the format. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  take(count: number): Uint8Array {
    const start = this.#advance(count);
    return this.bytes.subarray(start, start + count);
  }

  /** The bytes up to the next newline, without it. */
  line(): Uint8Array {
    const end = this.bytes.indexOf(NEWLINE, this.#position);
    if (end < 0) throw damaged(`the line that begins at byte ${this.#position} has no end`);
    const line = this.bytes.subarray(this.#position, end);
    this.#position = end + 1;
    return line;
  }

  #advance(count: number): number {
    const start = this.#position;
    if (count > this.bytes.length - start) {
      throw damaged(`${count} bytes are announced at byte ${start}, ${this.bytes.length - start} are left`);
    }
    this.#position += count;
    return start;
  }
}
