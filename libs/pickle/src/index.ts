export { Allowance } from './allowance.js';
export { defaultPickleLimits, type PickleLimits } from './pickle-limits.js';
export type { AllowedGlobals, PickleOptions } from './pickle-machine.js';
export {
  PickleDict,
  type PickleFunction,
  PickleGlobal,
  PickleList,
  PickleObject,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from './pickle-value.js';
export { type PickleRead, readPickle } from './read-pickle.js';
