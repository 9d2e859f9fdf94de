import { ARCHITECTURES, findArchitecture, seededWeights } from '@resmask/architectures';
import { DomainError } from '@resmask/errors';
import type { GraphBuilder } from '@resmask/onnx';
import { type Command, InvalidArgumentError } from 'commander';
import { action, type Context } from '../context.js';
import { buildNetwork } from '../networks/build-network.js';
import { readWeightFile, shippedWeights } from '../networks/shipped-weights.js';
import { fields, table } from '../terminal/output.js';
import { addQuantizeCommand } from './quantize.js';

interface BuildOptions {
  readonly output: string;
  readonly weights?: string;
  readonly seed?: number;
}

export function addNetworkCommands(program: Command): void {
  const networks = program.command('networks').description('networks this project can build, and their ONNX files');
  networks.command('list').description('every network with its size').action(action(list));
  networks
    .command('show')
    .argument('<name>', 'a network, see "networks list"')
    .description('how a network is fed and read, and its layers')
    .action(action(show));
  networks
    .command('build')
    .argument('<name>', 'a network, see "networks list"')
    .description('write a network as an ONNX file, with its specification beside it')
    .requiredOption('-o, --output <file>', 'the ONNX file to write')
    .option('--weights <file>', 'safetensors file with the weights; without it the shipped ones')
    .option('--seed <number>', 'untrained weights from a seed', parseSeed)
    .action(action(build));
  addQuantizeCommand(networks);
}

async function list({ output }: Context): Promise<void> {
  const rows = ARCHITECTURES.map(({ name, summary, spec, build }) => {
    const { input } = spec;
    return {
      name,
      summary,
      task: spec.output.task,
      input: `${input.height}×${input.width} ${input.source}`,
      ...totals(build(seededWeights(0))),
    };
  });
  output.result(rows, () =>
    table(
      ['NAME', 'TASK', 'INPUT', 'PARAMETERS', 'MACS', 'WHAT'],
      rows.map((row) => [row.name, row.task, row.input, row.parameters, row.macs, row.summary]),
    ),
  );
}

async function show({ output }: Context, _options: unknown, name: string): Promise<void> {
  const { summary, spec, build } = findArchitecture(name);
  const graph = build(seededWeights(0));
  const { parameters, macs } = totals(graph);
  output.result({ name, summary, parameters, macs, spec, layers: graph.layers }, () =>
    [
      fields([
        ['network', `${name}: ${summary}`],
        ['parameters', parameters],
        ['MACs per image', macs],
        ['input', JSON.stringify(spec.input)],
        ['output', JSON.stringify(spec.output)],
      ]),
      '',
      table(
        ['LAYER', 'OPERATOR', 'OUTPUT', 'PARAMETERS', 'MACS'],
        graph.layers.map((layer) => [
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

async function build({ output }: Context, options: BuildOptions, name: string): Promise<void> {
  findArchitecture(name);
  if (options.weights !== undefined && options.seed !== undefined) {
    throw new DomainError('FIELD_INVALID', '--weights and --seed exclude each other');
  }
  const built = await buildNetwork(name, await weightsOf(name, options), options.output);
  output.result(
    built,
    () => `${built.file}: ${built.parameters} parameters, ${built.sizeBytes} bytes; specification in ${built.spec}`,
  );
}

function weightsOf(name: string, { weights, seed }: BuildOptions) {
  if (seed !== undefined) return seededWeights(seed);
  return weights === undefined ? shippedWeights(name) : readWeightFile(weights);
}

function totals({ layers }: GraphBuilder): { parameters: number; macs: number } {
  return {
    parameters: layers.reduce((sum, layer) => sum + layer.parameters, 0),
    macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
  };
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!Number.isInteger(seed) || seed < 0) throw new InvalidArgumentError('a whole number from 0 is needed.');
  return seed;
}
