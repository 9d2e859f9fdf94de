import type { Architecture } from './architecture.js';
import { EXPRESSION_LABELS } from './expression-labels.js';
import { expressionSpec } from './expression-spec.js';
import type { NetworkOptions } from './network-options.js';

type Given = Pick<Architecture, 'name' | 'summary' | 'build'> & Partial<Omit<Architecture, 'defaults'>>;

/** Of the paper's networks: seven expressions from 224×224 pixels in three planes. */
const PAPER_DEFAULTS: NetworkOptions = {
  classes: EXPRESSION_LABELS.length,
  size: 224,
  channels: 3,
  width: 1,
  outputs: [],
};

/** An expression classifier with what the networks of the paper have in common filled in. */
export function expressionNetwork(given: Given, defaults: Partial<NetworkOptions> = {}): Architecture {
  return {
    sizes: { min: 32, step: 1 },
    channels: [1, 3],
    masks: [],
    spec: (options) => expressionSpec(given.name, options),
    ...given,
    defaults: { ...PAPER_DEFAULTS, ...defaults },
  };
}
