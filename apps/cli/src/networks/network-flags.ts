import { EXTRA_OUTPUTS, type ExtraOutput, type MaskActivation, type NetworkOptions } from '@resmask/architectures';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ModelFormat } from './write-model.js';

/** What `networks build` and `checkpoints convert` let people choose of a network and its file. */
export interface NetworkFlags {
  readonly size?: number;
  readonly classes?: number;
  readonly channels?: number;
  readonly width?: number;
  readonly mask?: MaskActivation;
  readonly outputs?: readonly ExtraOutput[];
  readonly fold: boolean;
  readonly half?: boolean;
  readonly externalAbove?: number;
}

export function addNetworkFlags(command: Command): Command {
  return command
    .option(
      '--size <pixels>',
      'height and width of the input; without it what the network was published for',
      parseNumber,
    )
    .option('--classes <count>', 'classes of the head', parseNumber)
    .option('--channels <planes>', 'planes of the input: 1 or 3', parseNumber)
    .option('--width <factor>', "every layer's channels as a multiple of the published ones", parseNumber)
    .addOption(new Option('--mask <activation>', 'what masking blocks end in').choices(['softmax', 'sigmoid']))
    .option('--outputs <list>', `more outputs, with commas: ${EXTRA_OUTPUTS.join(', ')}`, parseOutputs)
    .option('--no-fold', 'keep batch normalisation as layers of its own')
    .option('--half', 'store weights as float16')
    .option('--external-above <bytes>', 'put weights beside the model above this size (1.5 GB)', parseNumber);
}

export function networkChoice(flags: NetworkFlags): { options: Partial<NetworkOptions>; format: ModelFormat } {
  const { size, classes, channels, width, mask, outputs, fold, half = false, externalAbove } = flags;
  return {
    // Anything but 1 and 3 is refused with the other options.
    options: { size, classes, channels: channels as 1 | 3 | undefined, width, mask, outputs },
    format: { fold, half, externalAbove },
  };
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('a number is needed.');
  return value;
}

function parseOutputs(text: string): ExtraOutput[] {
  return text.split(',').map((name) => {
    const known = EXTRA_OUTPUTS.find((output) => output === name.trim());
    if (known) return known;
    throw new InvalidArgumentError(`there is no output "${name}"; there are ${EXTRA_OUTPUTS.join(', ')}.`);
  });
}
