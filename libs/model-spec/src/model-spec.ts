import { DomainError } from '@resmask/errors';
import { z } from 'zod';
import { inputSpecSchema } from './input-spec.js';
import { outputSpecSchema } from './output-spec.js';

/** Everything the engine must know to serve a graph: what a spec file holds and what a version carries. */
export const modelSpecSchema = z.strictObject({
  /** Name of the network, for people. */
  architecture: z.string().max(63).default(''),
  input: inputSpecSchema,
  output: outputSpecSchema,
});

export type ModelSpec = z.infer<typeof modelSpecSchema>;

/**
 * Checks a specification that came from a file or over the wire.
 * @throws DomainError SPEC_INVALID that lists every field that is wrong.
 */
export function parseModelSpec(value: unknown): ModelSpec {
  const { success, data, error } = modelSpecSchema.safeParse(value);
  if (success) return data;
  const violations = error.issues.map(({ path, message }) => ({
    field: path.join('.') || 'spec',
    description: message,
  }));
  const list = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  throw new DomainError('SPEC_INVALID', `the specification is not valid: ${list}`, { violations });
}
