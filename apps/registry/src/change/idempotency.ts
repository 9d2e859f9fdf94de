import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DomainError, invalidField } from '@resmask/errors';
import { DataSource, type EntityManager } from 'typeorm';

/** Encoding of a response, so that it can be kept and repeated. */
export interface ResponseCodec<Response> {
  encode(response: Response): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Response;
}

/** A call that may be repeated: its method, the client's request id (empty for none), and everything else it asked for. */
export interface RepeatableCall<Response> {
  readonly method: string;
  readonly requestId: string;
  readonly request: Uint8Array;
  readonly codec: ResponseCodec<Response>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const KEPT_FOR = '24 hours';

/**
 * Makes writes once per request id (AIP-155): the first call claims the id before it writes, others wait for it and get its
 * response. A failed call leaves no claim.
 */
@Injectable()
export class Idempotency {
  constructor(readonly dataSource: DataSource) {}

  /** Runs inside the caller's transaction. @throws DomainError REQUEST_ID_REUSED if the id belongs to another request. */
  async once<Response>(
    manager: EntityManager,
    call: RepeatableCall<Response>,
    write: () => Promise<Response>,
  ): Promise<Response> {
    const repeated = await this.#claim(manager, call);
    if (repeated) return repeated;
    const response = await write();
    await this.#keep(manager, call, response);
    return response;
  }

  /** The kept response of a call that has been answered before, if there is one. */
  async find<Response>(call: RepeatableCall<Response>): Promise<Response | undefined> {
    checkRequestId(call.requestId);
    return call.requestId === '' ? undefined : this.#read(this.dataSource.manager, call);
  }

  async #claim<Response>(manager: EntityManager, call: RepeatableCall<Response>): Promise<Response | undefined> {
    if (call.requestId === '') return undefined;
    await manager.query(`DELETE FROM idempotency WHERE create_time < now() - $1::interval`, [KEPT_FOR]);
    const claimed = await manager.query(
      `INSERT INTO idempotency (method, request_id, fingerprint) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1`,
      [call.method, call.requestId, fingerprint(call)],
    );
    return claimed.length === 1 ? undefined : this.#read(manager, call);
  }

  async #read<Response>(manager: EntityManager, call: RepeatableCall<Response>): Promise<Response | undefined> {
    const rows: { fingerprint: Buffer; response: Buffer }[] = await manager.query(
      `SELECT fingerprint, response FROM idempotency WHERE method = $1 AND request_id = $2`,
      [call.method, call.requestId],
    );
    if (rows.length === 0) return undefined;
    if (!rows[0].fingerprint.equals(fingerprint(call))) {
      throw new DomainError(
        'REQUEST_ID_REUSED',
        `request_id ${call.requestId} was used for another ${call.method} call; use a new UUID`,
      );
    }
    return call.codec.decode(rows[0].response);
  }

  async #keep<Response>(manager: EntityManager, call: RepeatableCall<Response>, response: Response): Promise<void> {
    if (call.requestId === '') return;
    await manager.query(`UPDATE idempotency SET response = $3 WHERE method = $1 AND request_id = $2`, [
      call.method,
      call.requestId,
      Buffer.from(call.codec.encode(response).finish()),
    ]);
  }
}

/** @throws DomainError FIELD_INVALID for one that is neither empty nor a UUID. */
export function checkRequestId(requestId: string): void {
  if (requestId !== '' && !UUID.test(requestId))
    throw invalidField('request_id', `got "${requestId}"; a UUID is needed`);
}

function fingerprint({ request }: { readonly request: Uint8Array }): Buffer {
  return createHash('sha256').update(request).digest();
}
