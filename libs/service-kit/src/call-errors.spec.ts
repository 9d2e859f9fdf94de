import { Writable } from 'node:stream';
import { BadRequest, ErrorInfo, ResourceInfo, RetryInfo, Status } from '@resmask/contracts/google.rpc';
import { DomainError } from '@resmask/errors';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { CallErrors } from './call-errors.js';

function recorded(translate?: (error: unknown) => unknown): { errors: CallErrors; log: string[] } {
  const log: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      log.push(String(chunk));
      done();
    },
  });
  return { errors: new CallErrors(pino(stream), translate), log };
}

describe('CallErrors', () => {
  it('sends a domain error with its code, message and every detail, and logs nothing', () => {
    const { errors, log } = recorded();
    const error = new DomainError('ETAG_MISMATCH', 'the alias has moved', {
      metadata: { etag: '7' },
      violations: [{ field: 'alias.etag', description: 'stale' }],
      resource: { type: 'Alias', name: 'production' },
      retryAfterMs: 1500,
    });
    const sent = errors.toCallError(error);
    expect(sent).toMatchObject({ code: 10, details: 'the alias has moved' });
    const [details] = sent.metadata.get('grpc-status-details-bin');
    const status = Status.decode(details as Buffer);
    const parts = Object.fromEntries(status.details.map(({ typeUrl, value }) => [typeUrl.split('.').at(-1), value]));
    expect(ErrorInfo.decode(parts['ErrorInfo'])).toEqual({
      reason: 'ETAG_MISMATCH',
      domain: 'resmask.dev',
      metadata: { etag: '7' },
    });
    expect(BadRequest.decode(parts['BadRequest']).fieldViolations).toMatchObject([
      { field: 'alias.etag', description: 'stale' },
    ]);
    expect(ResourceInfo.decode(parts['ResourceInfo'])).toMatchObject({
      resourceType: 'Alias',
      resourceName: 'production',
    });
    expect(RetryInfo.decode(parts['RetryInfo']).retryDelay).toEqual({ seconds: 1, nanos: 500_000_000 });
    expect(log).toEqual([]);
  });

  it('answers anything else INTERNAL without its text, and logs it whole under the id it answers', () => {
    const { errors, log } = recorded();
    const sent = errors.toCallError(new TypeError('password is hunter2', { cause: new Error('inner') }));
    expect(sent.code).toBe(13);
    expect(sent.details).not.toContain('hunter2');
    const [entry] = log.map((line) => JSON.parse(line));
    expect(entry.err.message).toContain('password is hunter2');
    expect(sent.details).toContain(entry.errorId);
  });

  it('translates errors of a library before it judges them', () => {
    const { errors, log } = recorded(() => new DomainError('DATABASE_UNAVAILABLE', 'try again'));
    expect(errors.toCallError(new Error('ECONNREFUSED'))).toMatchObject({ code: 14, details: 'try again' });
    expect(log).toEqual([]);
  });

  it('keeps the trailers small however long the error is, and the reason in them', () => {
    const { errors } = recorded();
    const violations = Array.from({ length: 500 }, (_, i) => ({ field: `line ${i}`, description: 'x'.repeat(50) }));
    const sent = errors.toCallError(new DomainError('DATASET_ROWS_INVALID', 'y'.repeat(10_000), { violations }));
    expect(sent.details.length).toBe(2000);
    const [details] = sent.metadata.get('grpc-status-details-bin') as Buffer[];
    expect(details.length).toBeLessThan(1000);
    const { details: kept } = Status.decode(details);
    expect(kept.map(({ value }) => ErrorInfo.decode(value).reason)).toEqual(['DATASET_ROWS_INVALID']);
  });

  it('cuts a long text between characters, so that it can be written into a header', () => {
    const { errors } = recorded();
    const { details } = errors.toCallError(new DomainError('FIELD_INVALID', `x${'😀'.repeat(2000)}`));
    expect(details).toHaveLength(2000);
    expect(() => encodeURI(details)).not.toThrow();
  });
});
