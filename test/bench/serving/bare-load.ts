import type { BarePool } from './bare-models.ts';

/** Batch sizes the yardstick is tried with. */
const SIZES = [1, 2, 4, 8, 16] as const;

/** One run after the other. @returns milliseconds of each */
export async function bareLatency(bare: BarePool, run: readonly string[], count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) times.push(await bare.run({ run, batch: 1 }));
  return times;
}

/** Every worker busy. @returns images per second */
export async function bareRate(bare: BarePool, model: string, batch: number, forMs: number): Promise<number> {
  const start = performance.now();
  let images = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - start < forMs) {
      await bare.run({ run: [model], batch });
      images += batch;
    }
  };
  await Promise.all(Array.from({ length: bare.size * 2 }, lane));
  return (images * 1000) / (performance.now() - start);
}

/** The batch size that gets most images through. */
export async function bestBatch(
  bare: BarePool,
  model: string,
  forMs: number,
): Promise<{ batch: number; rate: number }> {
  let best = { batch: 1, rate: 0 };
  for (const batch of SIZES) {
    await bare.run({ run: [model], batch });
    const rate = await bareRate(bare, model, batch, forMs);
    if (rate > best.rate) best = { batch, rate };
  }
  return best;
}
