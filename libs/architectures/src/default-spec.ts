import type { ModelSpec } from '@resmask/model-spec';
import type { Architecture } from './architecture.js';

/** How a network is fed and read when it is built with its defaults. */
export function defaultSpec({ spec, defaults }: Architecture): ModelSpec {
  return spec(defaults);
}
