import { DomainError } from '@resmask/errors';
import type { Architecture } from './architecture.js';
import { resmaskingCompact } from './resmasking-compact.js';
import { tinyFaceDetector } from './tiny-face-detector.js';

/** Every network this project can build; a new one is one file and one row here. */
export const ARCHITECTURES: readonly Architecture[] = [resmaskingCompact, tinyFaceDetector];

/** @throws DomainError NETWORK_UNKNOWN that lists the names there are. */
export function findArchitecture(name: string): Architecture {
  const found = ARCHITECTURES.find((architecture) => architecture.name === name);
  if (found) return found;
  const names = ARCHITECTURES.map((architecture) => architecture.name).join(', ');
  throw new DomainError('NETWORK_UNKNOWN', `there is no network "${name}"; there are ${names}`);
}
