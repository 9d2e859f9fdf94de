import { type PickleFunction, PickleObject, PickleTuple, type PickleValue } from '@resmask/pickle';
import { invalid } from './refusals.js';

/** A kind of NumPy's elements, such as `f8`, and their byte order. */
export class NumpyDtype extends PickleObject {
  readonly kind = 'a NumPy dtype';
  isBigEndian = false;

  constructor(readonly code: string) {
    super();
  }

  /** (version, byte order, …) */
  override setState(state: PickleValue): boolean {
    this.isBigEndian = state instanceof PickleTuple && state.items[1] === '>';
    return true;
  }
}

/** An array is told of, not read: nothing of a network is in one. */
export class NumpyArray extends PickleObject {
  readonly kind = 'NumPy array';

  override setState(): boolean {
    return true;
  }
}

const READERS: Readonly<Record<string, (view: DataView, isLittle: boolean) => PickleValue>> = {
  f8: (view, isLittle) => view.getFloat64(0, isLittle),
  f4: (view, isLittle) => view.getFloat32(0, isLittle),
  f2: (view, isLittle) => view.getFloat16(0, isLittle),
  i8: (view, isLittle) => view.getBigInt64(0, isLittle),
  i4: (view, isLittle) => view.getInt32(0, isLittle),
  i2: (view, isLittle) => view.getInt16(0, isLittle),
  i1: (view) => view.getInt8(0),
  u8: (view, isLittle) => view.getBigUint64(0, isLittle),
  u4: (view, isLittle) => view.getUint32(0, isLittle),
  u2: (view, isLittle) => view.getUint16(0, isLittle),
  u1: (view) => view.getUint8(0),
  b1: (view) => view.getUint8(0) !== 0,
};

export const numpyDtype: PickleFunction = ([code]) => {
  if (typeof code !== 'string') throw invalid('a NumPy dtype has no name');
  return new NumpyDtype(code);
};

/** The number that a NumPy scalar, such as the mean of some accuracies, holds. */
export const numpyScalar: PickleFunction = ([dtype, value]) => {
  if (!(dtype instanceof NumpyDtype)) throw invalid('a NumPy scalar has no dtype');
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  const read = Object.hasOwn(READERS, dtype.code) ? READERS[dtype.code] : undefined;
  if (!read || !(bytes instanceof Uint8Array) || bytes.length !== Number(dtype.code[1])) {
    throw invalid(`a NumPy scalar of ${dtype.code.slice(0, 20)} cannot be read; numbers and booleans can`);
  }
  const scalar = read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), !dtype.isBigEndian);
  return typeof scalar === 'bigint' && Number.isSafeInteger(Number(scalar)) ? Number(scalar) : scalar;
};
