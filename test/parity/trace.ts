import type { SessionTensor } from '@resmask/runtime';
import type { Trace, TraceRow } from './reference.ts';

type Run = (outputs: readonly string[]) => Promise<readonly SessionTensor[][]>;

/** The reference's name of a value to our output's. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^layer(\d)$/, 'stage$1'],
  [/^mask(\d)$/, 'mask$1'],
  [/^block(\d)$/, 'stage$1_masked'],
];

/** Largest absolute difference of any figure of any traced stage, mask and masked stage. */
export async function compareTrace({ stages }: Trace, run: Run): Promise<number> {
  const rows = stages.flatMap((row) => {
    const [name] = row;
    const found = NAMES.find(([pattern]) => pattern.test(name));
    return found ? [{ row, output: name.replace(found[0], found[1]) }] : [];
  });
  const [first] = await run(rows.map(({ output }) => output));
  const differences = rows.map(({ row }, i) => rowDifference(row, first[i]));
  if (rows.length !== 12) throw new Error('the trace is not of the expected form');
  return Math.max(...differences);
}

/** Largest absolute difference of a tensor's mean, standard deviation and first values from those of the trace. */
export function rowDifference([name, shape, mean, deviation, first]: TraceRow, { data, dims }: SessionTensor): number {
  if (dims.slice(1).join() !== shape.join()) throw new Error(`${name} is ${dims.join('×')}, not ${shape.join('×')}`);
  const values = Float64Array.from(data);
  const ourMean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - ourMean) ** 2, 0) / values.length;
  const differences = [ourMean - mean, Math.sqrt(variance) - deviation, ...first.map((value, i) => values[i] - value)];
  return Math.max(...differences.map(Math.abs));
}
