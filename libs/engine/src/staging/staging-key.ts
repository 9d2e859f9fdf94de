import { createHash } from 'node:crypto';
import { machineFingerprint, type Provider } from '@resmask/runtime';
import type { LoadableFile } from '../loadable-version.js';
import type { StagingPurpose } from './stage-graph.js';

/** Counts up when staging makes other files of the same graph. */
const FORM = 1;

/** Digest over everything a staged model depends on: artifacts, specification, what it is for, and the machine. */
export function stagingKey(files: readonly LoadableFile[], purpose: StagingPurpose, provider: Provider): string {
  const artifacts = files.map(({ path, sha256 }) => [path, sha256]);
  const machine = provider === 'cpu' ? machineFingerprint() : '';
  return createHash('sha256')
    .update(JSON.stringify([FORM, artifacts, purpose, provider, machine]))
    .digest('hex');
}
