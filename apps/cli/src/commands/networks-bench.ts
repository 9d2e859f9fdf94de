import { ARCHITECTURES, findArchitecture } from '@resmask/architectures';
import { cpuLimit } from '@resmask/runtime';
import { type Command, InvalidArgumentError } from 'commander';
import { action, type Context } from '../context.js';
import { type BenchRow, benchNetworks } from '../networks/bench-networks.js';

interface BenchFlags {
  readonly batch: readonly number[];
  readonly threads: number;
  readonly seconds: number;
}

export function addNetworksBench(networks: Command): void {
  networks
    .command('bench')
    .argument('[names...]', 'networks; without any, all of them')
    .description('how fast ONNX Runtime alone runs networks on this machine')
    .option('--batch <sizes>', 'images of one run, with commas', parseSizes, [1, 8])
    .option('--threads <count>', 'threads of one run', parseCount, cpuLimit())
    .option('--seconds <count>', 'time for each figure, at least', parseCount, 3)
    .action(action(bench));
}

async function bench({ output }: Context, flags: BenchFlags, names: readonly string[]): Promise<void> {
  const architectures = names.length === 0 ? ARCHITECTURES : names.map(findArchitecture);
  const options = { batches: flags.batch, threads: flags.threads, seconds: flags.seconds };
  for await (const row of benchNetworks(architectures, options)) output.line(row, () => text(row));
}

function text({ network, batch, millisecondsPerImage, gigaflops, shareOfPeak, residentBytes }: BenchRow): string {
  return [
    network.padEnd(20),
    `batch ${batch}`,
    `${millisecondsPerImage.toFixed(2).padStart(8)} ms/image`,
    `${gigaflops.toFixed(1).padStart(7)} GFLOP/s`,
    `${(100 * shareOfPeak).toFixed(0).padStart(4)} % of the matrix product`,
    `${Math.round(residentBytes / 2 ** 20)} MiB`.padStart(10),
  ].join('  ');
}

function parseSizes(list: string): number[] {
  return list.split(',').map(parseCount);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('a whole number from 1 is needed.');
  return count;
}
