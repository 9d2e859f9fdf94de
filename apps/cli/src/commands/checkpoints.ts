import { formatShape } from '@resmask/tensor';
import type { Command } from 'commander';
import { convertToSafetensors } from '../checkpoints/convert-checkpoint.js';
import { type CheckpointView, inspectCheckpoint } from '../checkpoints/inspect-checkpoint.js';
import { action, type Context } from '../context.js';
import { fields, table } from '../terminal/output.js';

interface ConvertOptions {
  readonly to: string;
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
  checkpoints
    .command('convert')
    .argument('<file>', 'a checkpoint')
    .description('write the tensors of a checkpoint in another format')
    .requiredOption('--to <file.safetensors>', 'the safetensors file to write')
    .action(action(convert));
}

async function inspect({ output }: Context, _options: unknown, file: string): Promise<void> {
  const view = await inspectCheckpoint(file);
  output.result(view, () => describe(view));
}

async function convert({ output }: Context, { to }: ConvertOptions, file: string): Promise<void> {
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

/** Such as `618 F32, 122 I64`. */
function kindsOf(tensors: CheckpointView['tensors']): string {
  const kinds = Object.entries(Object.groupBy(tensors, ({ dtype }) => dtype));
  return kinds.map(([dtype, those = []]) => `${those.length} ${dtype}`).join(', ');
}

function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
