/** Storms run at a tenth of their size unless `npm run test:long` asks for all of it. */
export const LONG = process.env['RESMASK_TEST_LONG'] !== undefined;

export function stormSize(full: number): number {
  return LONG ? full : Math.ceil(full / 10);
}

/** Does something so many times, with so many at once, and collects what came of each. */
export async function storm<Result>(
  times: number,
  atOnce: number,
  act: (round: number) => Promise<Result>,
): Promise<PromiseSettledResult<Result>[]> {
  const results: PromiseSettledResult<Result>[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < times) {
      const round = next;
      next += 1;
      [results[round]] = await Promise.allSettled([act(round)]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, times) }, lane));
  return results;
}

export function valuesOf<Result>(results: readonly PromiseSettledResult<Result>[]): Result[] {
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

export function errorsOf(results: readonly PromiseSettledResult<unknown>[]): { reason?: string; code?: string }[] {
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
}
