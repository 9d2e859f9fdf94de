import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ChangeCall } from './change-call.js';
import type { ChangeRecord } from './change-record.js';
import { currentActor } from './current-actor.js';
import { checkRequestId, Idempotency } from './idempotency.js';

/** What a change answers, and what is recorded of it. */
export interface Changed<Response> {
  readonly response: Response;
  readonly record: ChangeRecord;
}

/**
 * The only way to change anything: in one transaction, once per request id, with exactly one event. The event is inserted last,
 * under the lock of its namespace, so that events are numbered in the order in which they become visible.
 */
@Injectable()
export class Changes {
  constructor(
    readonly dataSource: DataSource,
    readonly idempotency: Idempotency,
  ) {}

  async make<Response>(
    call: ChangeCall<Response>,
    change: (manager: EntityManager) => Promise<Changed<Response>>,
  ): Promise<Response> {
    checkRequestId(call.requestId);
    // A call that does nothing has nothing to repeat.
    const repeatable = call.validateOnly ? { ...call, requestId: '' } : call;
    try {
      return await this.dataSource.transaction(async (manager) => {
        const response = await this.idempotency.once(manager, repeatable, async () => {
          const { response: made, record } = await change(manager);
          await recordEvent(manager, call, record);
          return made;
        });
        if (call.validateOnly) throw new Undone(response);
        return response;
      });
    } catch (error) {
      if (error instanceof Undone) return error.response as Response;
      throw error;
    }
  }
}

/** Rolls a transaction back although nothing is wrong. */
class Undone extends Error {
  constructor(readonly response: unknown) {
    super('only validated');
  }
}

async function recordEvent(
  manager: EntityManager,
  { method, requestId }: ChangeCall<unknown>,
  { namespace, resource, model, reason = '', before, after }: ChangeRecord,
): Promise<void> {
  await manager.query('SELECT record_event($1, $2, $3, $4, $5, $6, $7, $8, $9)', [
    namespace,
    method,
    resource,
    model,
    currentActor(),
    reason,
    requestId === '' ? null : requestId,
    before ? JSON.stringify(before) : null,
    after ? JSON.stringify(after) : null,
  ]);
}
