import { DomainError, invalidField } from '@resmask/errors';

const MAX_CHUNK_BYTES = 1024 * 1024;

interface Step {
  readonly step?:
    | { readonly $case: 'start'; readonly value: unknown }
    | { readonly $case: 'chunk'; readonly value: Buffer };
}

/** The bytes of a message after the first. @throws DomainError STREAM_OUT_OF_ORDER or FIELD_INVALID. */
export function chunkOf({ step }: Step): Buffer {
  if (step?.$case !== 'chunk') {
    throw new DomainError('STREAM_OUT_OF_ORDER', 'after `start` every message of an upload must be `chunk`');
  }
  if (step.value.length > MAX_CHUNK_BYTES) {
    throw invalidField('chunk', `it has ${step.value.length} bytes; at most ${MAX_CHUNK_BYTES} are allowed`);
  }
  return step.value;
}
