import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';

/** Memory this process may use, in bytes: the machine's, but no more than its control group's limit. */
export function memoryLimit(): number {
  const constrained = constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
