import { RANGE_METHODS, type RangeMethod } from '@resmask/onnx';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { action, type Context } from '../context.js';
import { specPathOf } from '../models/spec-file.js';

interface QuantizeOptions {
  readonly output: string;
  readonly calibrate: string;
  readonly spec?: string;
  readonly samples: number;
  readonly seed: number;
  readonly range: RangeMethod;
}

/** Adds `quantize` to the `networks` commands. */
export function addNetworksQuantize(networks: Command): void {
  networks
    .command('quantize')
    .argument('<model.onnx>', 'a float32 model with its specification beside it')
    .description('write an 8-bit form of a model, calibrated on sample images')
    .requiredOption(
      '--calibrate <dataset>',
      'a fer2013.csv, of which Training rows are taken, or a folder of face pictures',
    )
    .requiredOption('-o, --output <file>', 'the ONNX file to write')
    .option('--spec <file>', 'the specification; without it the one beside the model')
    .option('--samples <number>', 'images to calibrate with', wholeNumber(1), 128)
    .option('--seed <number>', 'which images are taken', wholeNumber(0), 1)
    .addOption(
      new Option('--range <method>', 'how the range of a tensor is chosen')
        .choices(RANGE_METHODS)
        .default('percentile'),
    )
    .action(action(quantize));
}

async function quantize({ output }: Context, options: QuantizeOptions, file: string): Promise<void> {
  const { calibrate, samples, seed, range, spec = specPathOf(file) } = options;
  const sample = { count: samples, seed };
  const request = { file, spec, output: options.output, dataset: calibrate, sample, method: range };
  // Brings ONNX Runtime along, which no other command should wait for.
  const { quantizeNetwork } = await import('../networks/quantize-network.js');
  const done = await quantizeNetwork(request);
  output.result(
    done,
    () =>
      `${done.file}: ${done.sizeBytes} bytes (float32: ${done.floatSizeBytes}); ${done.calibratedTensors} tensors calibrated on ${done.calibrationImages} images; specification in ${done.spec}`,
  );
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < least)
      throw new InvalidArgumentError(`a whole number from ${least} is needed.`);
    return number;
  };
}
