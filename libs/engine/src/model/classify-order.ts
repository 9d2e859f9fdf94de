import { fromFailure } from '@resmask/runtime';
import type { PlacedFace } from '../recognition.js';
import type { ClassifiedItem, ClassifyItem, ModelResponse } from '../worker/model-task.js';

/** What became of an item's images. */
export interface Classified {
  /** Probabilities, one row per image after the other. */
  readonly rows: Float32Array;
  /** Of a raw image. */
  readonly faces: readonly PlacedFace[];
  readonly prepareMs: number;
  readonly inferMs: number;
  /** Images of the whole batch. */
  readonly batchSize: number;
}

/** An item that wants to be classified, and who waits for it. */
export interface ClassifyOrder {
  readonly item: ClassifyItem;
  /** Images it brings. */
  readonly size: number;
  readonly cancelled: boolean;
  resolve(classified: Classified): void;
  reject(error: unknown): void;
}

/** Gives each order of a batch what became of it. */
export function settleOrders(orders: readonly ClassifyOrder[], response: ModelResponse): void {
  if (response.kind !== 'classified') throw new TypeError(`a worker answered ${response.kind}`);
  const { items, prepareMs, inferMs, batchSize } = response;
  for (const [i, order] of orders.entries()) {
    const item: ClassifiedItem = items[i];
    if ('failure' in item) order.reject(fromFailure(item.failure));
    else order.resolve({ ...item, prepareMs, inferMs, batchSize });
  }
}

/** What moves to the session's thread. */
export function buffersOf(item: ClassifyItem): ArrayBuffer {
  return (item.kind === 'prepared' ? item.inputs : item.image.bytes).buffer as ArrayBuffer;
}
