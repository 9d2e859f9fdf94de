import { DomainError } from '@resmask/errors';

/** What a network is built for. */
export interface NetworkOptions {
  /** Classes of the head. */
  readonly classes: number;
  /** Height and width of the input in pixels. */
  readonly size: number;
  /** Planes of the input. */
  readonly channels: 1 | 3;
  /** Every layer's channels as a multiple of the published ones. */
  readonly width: number;
  /** What a masking block ends in; only of networks that have masks. */
  readonly mask?: MaskActivation;
  /** What else the graph gives besides its logits. */
  readonly outputs: readonly ExtraOutput[];
}

/** `softmax` over the channels, as the published code does; `sigmoid` after a 1×1 convolution, as the paper draws it. */
export type MaskActivation = 'softmax' | 'sigmoid';

/**
 * `features`: the last feature map before it is averaged; `masks`: each stage's mask; `stages`: each stage's map, and where there
 * are masks also the masked one (the paper's Fig. 1).
 */
export const EXTRA_OUTPUTS = ['features', 'masks', 'stages'] as const;
export type ExtraOutput = (typeof EXTRA_OUTPUTS)[number];

/** Sides a network can be built for: multiples of `step` from `min`. */
export interface SizeRule {
  readonly min: number;
  readonly step: number;
}

/** What an architecture allows and takes unless told otherwise. */
export interface NetworkChoices {
  readonly name: string;
  readonly defaults: NetworkOptions;
  readonly sizes: SizeRule;
  /** Planes its input may have. */
  readonly channels: readonly (1 | 3)[];
  readonly masks: readonly MaskActivation[];
}

const MAX_SIZE = 4096;
const MAX_CLASSES = 100_000;

/** Defaults filled in. @throws DomainError FIELD_INVALID that names the option, what was given and what is allowed. */
export function networkOptions(choices: NetworkChoices, given: Partial<NetworkOptions> = {}): NetworkOptions {
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options: NetworkOptions = { ...choices.defaults, ...defined };
  const { name, sizes, channels, masks } = choices;
  const { classes, size, width, mask } = options;
  const wrong = (option: string, got: unknown, allowed: string): DomainError =>
    new DomainError('FIELD_INVALID', `${option} of ${name} is ${got}; ${allowed}`);
  if (!Number.isInteger(classes) || classes < 1 || classes > MAX_CLASSES)
    throw wrong('classes', classes, `allowed are 1 to ${MAX_CLASSES}`);
  if (!Number.isInteger(size) || size < sizes.min || size > MAX_SIZE || size % sizes.step !== 0)
    throw wrong('size', size, `allowed are multiples of ${sizes.step} from ${sizes.min} to ${MAX_SIZE}`);
  if (!channels.includes(options.channels))
    throw wrong('channels', options.channels, `allowed: ${channels.join(', ')}`);
  if (!(width > 0 && width <= 16)) throw wrong('width', width, 'a number above 0, at most 16, is needed');
  if (mask !== undefined && !masks.includes(mask))
    throw wrong('mask', mask, masks.length === 0 ? 'it has no masks' : `allowed: ${masks.join(', ')}`);
  return options;
}
