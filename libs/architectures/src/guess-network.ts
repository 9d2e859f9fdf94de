import type { Architecture } from './architecture.js';
import { ARCHITECTURES } from './architectures.js';
import { matchStateDict, type TensorShapes } from './match-state-dict.js';
import type { NetworkOptions } from './network-options.js';
import { stateDict } from './state-dict.js';

/** The network whose tensors a checkpoint most likely holds. */
export interface NetworkGuess {
  readonly network: string;
  /** What its shapes say: classes, planes, width, masks. */
  readonly options: Partial<NetworkOptions>;
  /** No key is missing, unexpected or of another shape. */
  readonly exact: boolean;
  readonly reason: string;
}

interface Candidate {
  readonly architecture: Architecture;
  readonly options: Partial<NetworkOptions>;
  readonly keys: number;
  readonly wrong: number;
}

/** More wrong keys than this share of a network's say that it is another one. */
const MAX_WRONG = 0.5;

/** Compares a checkpoint's keys with every network's; undefined where none is near. */
export function guessNetwork(shapes: TensorShapes): NetworkGuess | undefined {
  const candidates = ARCHITECTURES.flatMap((architecture) => candidatesOf(architecture, shapes));
  const [best] = candidates.sort((a, b) => a.wrong / a.keys - b.wrong / b.keys);
  if (!best || best.wrong > best.keys * MAX_WRONG) return undefined;
  const { architecture, keys } = best;
  const options = { ...best.options, ...optionsFrom(architecture, best.options, shapes) };
  const { missing, unexpected, misshaped } = matchStateDict(architecture, options, shapes);
  const differences = missing.length + unexpected.length + misshaped.length;
  const reason =
    differences === 0
      ? `its keys and shapes are the ${keys} of ${architecture.name}`
      : `of the ${keys} keys of ${architecture.name} ${missing.length} are missing, ${misshaped.length} have another shape, and ${unexpected.length} are unexpected`;
  return { network: architecture.name, options, exact: differences === 0, reason };
}

/** The network with its usual masks, and with any others it can have: those change the keys. */
function candidatesOf(architecture: Architecture, shapes: TensorShapes): Candidate[] {
  const others = architecture.masks.filter((mask) => mask !== architecture.defaults.mask);
  return [{}, ...others.map((mask) => ({ mask }))].map((options) => {
    const { missing, unexpected } = matchStateDict(architecture, options, shapes);
    const keys = stateDict(architecture, options).length;
    return { architecture, options, keys, wrong: missing.length + unexpected.length };
  });
}

/** The first tensor is the stem's kernel, [channels out, planes, …]; the last one is the head's bias, [classes]. */
function optionsFrom(
  architecture: Architecture,
  options: Partial<NetworkOptions>,
  shapes: TensorShapes,
): Partial<NetworkOptions> {
  const entries = stateDict(architecture, options);
  const [stem, head] = [entries[0], entries[entries.length - 1]];
  const { defaults } = architecture;
  if (architecture.spec(defaults).output.task !== 'expression') return {};
  const [wide, planes] = shapes.get(stem.key) ?? stem.shape;
  const [classes] = shapes.get(head.key) ?? head.shape;
  return {
    ...(classes !== defaults.classes && { classes }),
    ...((planes === 1 || planes === 3) && planes !== defaults.channels && { channels: planes }),
    ...(wide !== stem.shape[0] && { width: wide / stem.shape[0] }),
  };
}
