import { invalidField } from '@resmask/errors';

/** An integer of a request where 0 stands for a default. @throws DomainError FIELD_INVALID. */
export function integerField(value: number, field: string, max: number, zeroMeans: string): number {
  if (value >= 0 && value <= max) return value;
  throw invalidField(field, `got ${value}; allowed are 0 (${zeroMeans}) to ${max}`);
}
