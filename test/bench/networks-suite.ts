import { ARCHITECTURES, findArchitecture } from '@resmask/architectures';
import { cpuLimit } from '@resmask/runtime';
import { benchNetworks } from '../../apps/cli/dist/networks/bench-networks.js';
import { int8Rows } from './int8-rows.ts';
import { figure, type Row } from './row.ts';

/** Left out of a quick run: they are like another one and slow. */
const SLOW = new Set(['resmasking', 'resmasking_dropout2', 'resnet152', 'resnet101']);

/** Every network in bare ONNX Runtime: the ground that serving is measured from. */
export async function* networksSuite(quick: boolean): AsyncGenerator<Row> {
  const measured = ARCHITECTURES.filter(({ name }) => !quick || !SLOW.has(name));
  const options = { batches: [1, 8], threads: cpuLimit(), seconds: quick ? 1 : 5 };
  for await (const row of benchNetworks(measured, options)) {
    const id = `${row.network}.b${row.batch}`;
    const what = `${findArchitecture(row.network).summary}, batch ${row.batch}, ${row.threads} threads`;
    yield figure(`${id}.time`, what, row.millisecondsPerImage, 'ms/image');
    yield figure(`${id}.rate`, what, row.gigaflops, 'GFLOP/s');
    yield figure(`${id}.share`, 'of what a matrix product reaches here', row.shareOfPeak, '×');
    yield figure(`${id}.memory`, 'what it adds to a process', row.residentBytes / 2 ** 20, 'MiB');
  }
  for (const name of quick ? SLOW : []) {
    for (const batch of [1, 8]) yield unmeasured(`${name}.b${batch}`);
  }
  yield* int8Rows(quick);
}

/** A quick run keeps every row. */
function unmeasured(id: string): Row {
  return { id: `${id}.time`, what: 'left out', got: null, want: null, unit: 'ms/image', ok: null, why: '--quick' };
}
