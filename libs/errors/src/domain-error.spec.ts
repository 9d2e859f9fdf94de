import { expect, it } from 'vitest';
import { DomainError, invalidField } from './domain-error.js';
import { fromErrorRecord, isReason, toErrorRecord } from './error-record.js';
import { CODES, REASONS } from './reasons.js';

it('knows the code of its reason, by name and number', () => {
  const error = new DomainError('ETAG_MISMATCH', 'read it again');
  expect([error.code, error.codeNumber]).toEqual(['ABORTED', 10]);
});

it('has a known code for every reason', () => {
  for (const code of Object.values(REASONS)) expect(Object.keys(CODES)).toContain(code);
});

it('survives becoming plain data, with everything a caller is told', () => {
  const error = new DomainError('MODEL_NOT_FOUND', 'there is none', {
    metadata: { model: 'x' },
    violations: [{ field: 'name', description: 'unknown' }],
    resource: { type: 'Model', name: 'x' },
    retryAfterMs: 10,
  });
  const copy = fromErrorRecord(structuredClone(toErrorRecord(error)));
  expect({ ...copy, message: copy.message }).toEqual({ ...error, message: error.message });
});

it('names the field in message and violations alike', () => {
  expect(invalidField('page_size', 'got -1')).toMatchObject({
    reason: 'FIELD_INVALID',
    message: 'page_size: got -1',
    violations: [{ field: 'page_size', description: 'got -1' }],
  });
});

it('tells reasons from other words', () => {
  expect([isReason('NOT_ONNX'), isReason('toString'), isReason('')]).toEqual([true, false, false]);
});
