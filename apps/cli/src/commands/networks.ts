import {
  ARCHITECTURES,
  buildGraph,
  defaultSpec,
  findArchitecture,
  seededWeights,
  shapesOnly,
} from '@resmask/architectures';
import { type Command, InvalidArgumentError } from 'commander';
import { action, type Context } from '../context.js';
import { buildNetwork, builtText } from '../networks/build-network.js';
import { addNetworkFlags, type NetworkFlags, networkChoice } from '../networks/network-flags.js';
import { type NetworkSize, networkSize } from '../networks/network-size.js';
import { readWeightFile, shippedWeights } from '../networks/shipped-weights.js';
import { fields, table } from '../terminal/output.js';
import { WrongUse } from '../wrong-use.js';
import { addNetworksBench } from './networks-bench.js';
import { addNetworksQuantize } from './networks-quantize.js';

interface BuildOptions extends NetworkFlags {
  readonly output: string;
  readonly weights?: string;
  readonly seed?: number;
}

export function addNetworkCommands(program: Command): void {
  const networks = program.command('networks').description('networks this project can build, and their ONNX files');
  networks.command('list').description("every network with its size, beside the paper's figures").action(action(list));
  networks
    .command('show')
    .argument('<name>', 'a network, see "networks list"')
    .description('how a network is fed and read, and its layers')
    .action(action(show));
  const build = networks
    .command('build')
    .argument('<name>', 'a network, see "networks list"')
    .description('write a network as an ONNX file, with its specification beside it')
    .requiredOption('-o, --output <file>', 'the ONNX file to write')
    .option('--weights <file>', 'checkpoint with the weights; without it the shipped ones')
    .option('--seed <number>', 'untrained weights from a seed', parseSeed);
  addNetworkFlags(build).action(action(buildFile));
  addNetworksBench(networks);
  addNetworksQuantize(networks);
}

async function list({ output }: Context): Promise<void> {
  const rows = ARCHITECTURES.map(networkSize);
  output.result(rows, () =>
    [
      table(
        ['NAME', 'TASK', 'SIZE', 'PARAMETERS', 'GMAC', 'PAPER ×10⁶'],
        rows.map((row) => [
          row.name,
          row.task,
          row.nativeSize ? `${row.size} (${row.nativeSize})` : String(row.size),
          grouped(row.parameters),
          row.nativeMacs ? `${giga(row.macs)} (${giga(row.nativeMacs)})` : giga(row.macs),
          row.paper?.millions.toFixed(1) ?? '',
        ]),
      ),
      '',
      'GMAC: multiply-accumulates of one image ÷ 10⁹, in brackets at the side the network was made for.',
      "The paper's figures (Table II):",
      ...rows.flatMap(explained),
    ].join('\n'),
  );
}

function explained({ name, paper, parameters }: NetworkSize): string[] {
  if (!paper) return [];
  const { millions, counted, why } = paper;
  const number = counted === undefined || counted === parameters ? '' : `${grouped(counted)}: `;
  return [`  ${name} ${millions.toFixed(1)}: ${number}${why}`];
}

async function show({ output }: Context, _options: unknown, name: string): Promise<void> {
  const architecture = findArchitecture(name);
  const { layers } = buildGraph(architecture, shapesOnly);
  const size = networkSize(architecture);
  const spec = defaultSpec(architecture);
  output.result({ ...size, spec, layers }, () =>
    [
      fields([
        ['network', `${name}: ${size.summary}`],
        ['parameters', grouped(size.parameters)],
        ['MACs per image', grouped(size.macs)],
        ['input', JSON.stringify(spec.input)],
        ['output', JSON.stringify(spec.output)],
      ]),
      '',
      table(
        ['LAYER', 'OPERATOR', 'OUTPUT', 'PARAMETERS', 'MACS'],
        layers.map((layer) => [
          layer.name,
          layer.op,
          layer.outputShape.slice(1).join('×'),
          layer.parameters,
          layer.macs,
        ]),
      ),
    ].join('\n'),
  );
}

async function buildFile({ output }: Context, flags: BuildOptions, name: string): Promise<void> {
  const architecture = findArchitecture(name);
  if (flags.weights !== undefined && flags.seed !== undefined) {
    throw new WrongUse('--weights and --seed exclude each other');
  }
  const target = { architecture, ...networkChoice(flags), file: flags.output };
  const built = await buildNetwork(target, await weightsOf(name, flags));
  output.result(built, () => builtText(built));
}

function weightsOf(name: string, { weights, seed }: BuildOptions) {
  if (seed !== undefined) return seededWeights(seed);
  return weights === undefined ? shippedWeights(name) : readWeightFile(name, weights);
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function giga(count: number): string {
  return (count / 1e9).toFixed(3);
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!Number.isInteger(seed) || seed < 0) throw new InvalidArgumentError('a whole number from 0 is needed.');
  return seed;
}
