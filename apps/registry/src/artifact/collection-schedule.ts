import type { GarbageCollection } from './garbage-collection.js';

export interface ScheduleOptions {
  /** 0: never. */
  readonly intervalMs: number;
  readonly graceMs: number;
  readonly onError: (error: unknown) => void;
  readonly onCollected: (counts: { readonly blobs: number; readonly uploads: number }) => void;
}

/** Collects again and again. @returns a function that ends it */
export function scheduleCollection(garbage: GarbageCollection, options: ScheduleOptions): () => void {
  const { intervalMs, graceMs, onError, onCollected } = options;
  if (intervalMs === 0) return () => {};
  let running = false;
  const collect = async (): Promise<void> => {
    if (running) return;
    running = true;
    try {
      const counts = await garbage.run(graceMs);
      if (counts.blobs + counts.uploads > 0) onCollected(counts);
    } catch (error) {
      onError(error);
    } finally {
      running = false;
    }
  };
  const timer = setInterval(collect, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
