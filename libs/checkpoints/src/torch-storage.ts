import { PickleObject } from '@resmask/pickle';
import type { Dtype } from './dtypes.js';

/** A storage class, such as `torch.FloatStorage`; without a dtype it holds bytes. */
export class StorageType extends PickleObject {
  readonly kind = 'a storage class';

  constructor(readonly dtype?: Dtype) {
    super();
  }
}

/** A run of bytes that tensors are views of. */
export class TorchStorage extends PickleObject {
  readonly kind = 'storage';

  /**
   * @param key its name in the file
   * @param offsetBytes where it begins in what the file holds under that name: not 0 only in files of before 2017, which had views
   */
  constructor(
    readonly key: string,
    readonly dtype: Dtype | undefined,
    readonly fileBytes: number,
    readonly offsetBytes: number,
    readonly sizeBytes: number,
  ) {
    super();
  }
}
