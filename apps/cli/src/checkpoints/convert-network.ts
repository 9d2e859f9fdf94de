import {
  type Architecture,
  checkpointWeights,
  describeDifferences,
  findArchitecture,
  guessNetwork,
  matchStateDict,
  type NetworkOptions,
  type StateDictMatch,
} from '@resmask/architectures';
import { float32Tensors, readCheckpoint } from '@resmask/checkpoints';
import { DomainError } from '@resmask/errors';
import { type BuiltNetwork, buildNetwork } from '../networks/build-network.js';
import { readInput } from '../networks/shipped-weights.js';
import type { ModelFormat } from '../networks/write-model.js';
import { shapesOf } from './checkpoint-shapes.js';

export interface NetworkConversion {
  readonly source: string;
  /** Name of the network; guessed from the tensors where it is left out. */
  readonly network?: string;
  readonly options: Partial<NetworkOptions>;
  readonly format: ModelFormat;
  readonly file: string;
  /** Refuse tensors the network has no use for. */
  readonly strict: boolean;
}

export interface ConvertedNetwork extends BuiltNetwork {
  /** Tensors that were left out because the network has no use for them. */
  readonly ignored: readonly string[];
}

/**
 * Writes a checkpoint as an ONNX file with its specification beside it.
 * @throws DomainError WEIGHTS_INVALID that lists what is missing, of another shape and unexpected.
 */
export async function convertNetwork(conversion: NetworkConversion): Promise<ConvertedNetwork> {
  const { source, format, file } = conversion;
  const { tensors } = await readCheckpoint(await readInput(source));
  const shapes = shapesOf(tensors);
  const { architecture, options } = chosenNetwork(conversion, shapes);
  const match = matchStateDict(architecture, options, shapes);
  expectMatch(source, architecture, match, conversion.strict);
  const weights = checkpointWeights(architecture, float32Tensors(tensors));
  const built = await buildNetwork({ architecture, options, format, file }, weights);
  return { ...built, ignored: match.unexpected };
}

function chosenNetwork(
  { source, network, options }: NetworkConversion,
  shapes: ReturnType<typeof shapesOf>,
): { architecture: Architecture; options: Partial<NetworkOptions> } {
  if (network !== undefined) return { architecture: findArchitecture(network), options };
  const guess = guessNetwork(shapes);
  if (!guess?.exact) {
    const near = guess ? `the nearest is ${guess.network}: ${guess.reason}` : 'none is near';
    throw new DomainError(
      'NETWORK_UNKNOWN',
      `the tensors of ${source} are those of no network here; ${near}; name one with --network`,
    );
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { architecture: findArchitecture(guess.network), options: { ...guess.options, ...given } };
}

function expectMatch(source: string, { name }: Architecture, match: StateDictMatch, strict: boolean): void {
  const differences = describeDifferences(strict ? match : { ...match, unexpected: [] });
  if (differences.length === 0) return;
  const onlyUnexpected = match.missing.length + match.misshaped.length === 0;
  const hint = onlyUnexpected
    ? '--no-strict leaves them out'
    : '"resmask checkpoints inspect" shows the tensors and guesses the network; --classes, --channels, --width and --mask change what is needed';
  throw new DomainError('WEIGHTS_INVALID', `${source} does not hold ${name}: ${differences.join('; ')}; ${hint}`);
}
