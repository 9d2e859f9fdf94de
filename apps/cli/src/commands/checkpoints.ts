import { formatShape } from '@resmask/tensor';
import type { Command } from 'commander';
import { convertToSafetensors } from '../checkpoints/convert-checkpoint.js';
import { convertNetwork } from '../checkpoints/convert-network.js';
import { type CheckpointView, inspectCheckpoint } from '../checkpoints/inspect-checkpoint.js';
import { action, type Context } from '../context.js';
import { builtText } from '../networks/build-network.js';
import { addNetworkFlags, type NetworkFlags, networkChoice } from '../networks/network-flags.js';
import { fields, table } from '../terminal/output.js';
import { WrongUse } from '../wrong-use.js';

interface ConvertOptions extends NetworkFlags {
  readonly to?: string;
  readonly network?: string;
  readonly output?: string;
  readonly strict: boolean;
}

export function addCheckpointCommands(program: Command): void {
  const checkpoints = program
    .command('checkpoints')
    .description('weight files of PyTorch (zip and legacy) and safetensors; nothing in them is executed');
  checkpoints
    .command('inspect')
    .argument('<file>', 'a checkpoint')
    .description('format, tensors, aliases, and what was noted beside them')
    .action(action(inspect));
  const convert = checkpoints
    .command('convert')
    .argument('<file>', 'a checkpoint')
    .description('write a checkpoint as an ONNX file with its specification, or its tensors as they are')
    .option('-o, --output <model.onnx>', 'the ONNX file to write')
    .option('--network <name>', 'the network it holds, see "networks list"; without it the one its tensors fit')
    .option('--no-strict', 'leave out tensors the network has no use for')
    .option('--to <file.safetensors>', 'write the tensors of any checkpoint as safetensors instead');
  addNetworkFlags(convert).action(action(convertFile));
}

async function inspect({ output }: Context, _options: unknown, file: string): Promise<void> {
  const view = await inspectCheckpoint(file);
  output.result(view, () => describe(view));
}

async function convertFile(context: Context, options: ConvertOptions, file: string): Promise<void> {
  const { to, output } = options;
  if ((to === undefined) === (output === undefined)) {
    throw new WrongUse('either -o FILE.onnx or --to FILE.safetensors is needed, and not both');
  }
  if (to !== undefined) return toSafetensors(context, file, to);
  const { network, strict } = options;
  const converted = await convertNetwork({
    source: file,
    network,
    strict,
    ...networkChoice(options),
    file: output ?? '',
  });
  context.output.result(converted, () => {
    const ignored = converted.ignored.length > 0 ? `, ${converted.ignored.length} tensors left out` : '';
    return `${builtText(converted)}${ignored}`;
  });
}

async function toSafetensors({ output }: Context, file: string, to: string): Promise<void> {
  const converted = await convertToSafetensors(file, to);
  output.result(converted, () => {
    const aliases = converted.aliases > 0 ? ` (${converted.aliases} of them aliases, written out)` : '';
    return `${converted.file}: ${converted.tensors} tensors${aliases}, ${converted.sizeBytes} bytes`;
  });
}

function describe(view: CheckpointView): string {
  const { tensors, extra, wrapper, prefix } = view;
  const facts: [string, string | number][] = [
    ['file', view.file],
    ['format', view.format],
    ['size', `${view.sizeBytes} bytes`],
    ['tensors', `${tensors.length} (${kindsOf(tensors)})`],
    [
      'network',
      view.guess ? `${view.guess.network}${choices(view.guess.options)}: ${view.guess.reason}` : 'none known here',
    ],
    ['aliases', tensors.filter(({ sameAs }) => sameAs).length],
  ];
  if (wrapper) facts.push(['found under', wrapper]);
  if (prefix) facts.push(['taken off', `"${prefix}" of every name`]);
  const rows = tensors.map(({ name, dtype, shape, sameAs = '' }) => [name, dtype, formatShape(shape), sameAs]);
  const notes = Object.entries(extra).map(([name, value]) => [name, cut(JSON.stringify(value))] as const);
  return [
    fields(facts),
    table(['TENSOR', 'DTYPE', 'SHAPE', 'SAME AS'], rows),
    ...(notes.length > 0 ? [fields(notes)] : []),
  ].join('\n\n');
}

/** Such as ` with classes 8, width 0.5`. */
function choices(options: object): string {
  const list = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  return list.length === 0 ? '' : ` with ${list.join(', ')}`;
}

/** Such as `618 F32, 122 I64`. */
function kindsOf(tensors: CheckpointView['tensors']): string {
  const kinds = Object.entries(Object.groupBy(tensors, ({ dtype }) => dtype));
  return kinds.map(([dtype, those = []]) => `${those.length} ${dtype}`).join(', ');
}

function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
