import type { LoadableVersion } from '@resmask/engine';
import { DomainError } from '@resmask/errors';
import { FACE_DECODERS } from '@resmask/model-spec';

/** @throws DomainError ALIGNMENT_UNSUPPORTED if alignment is asked of a detector without the five landmarks it goes by. */
export function checkAlignment(alignment: boolean, detector: LoadableVersion | undefined): void {
  const output = detector?.spec.output;
  if (!alignment || output?.task !== 'face' || FACE_DECODERS[output.decoder].landmarks === 5) return;
  throw new DomainError(
    'ALIGNMENT_UNSUPPORTED',
    `${detector?.name} finds no landmarks to align faces by; name a detector with five, such as YuNet, or leave alignment off`,
  );
}
