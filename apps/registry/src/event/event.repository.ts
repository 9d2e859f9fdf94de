import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Facts } from '../change/change-record.js';

/** One change of a namespace, as it is kept. */
export interface EventRow {
  readonly number: number;
  readonly method: string;
  readonly resource: string;
  readonly model: string | null;
  readonly actor: string;
  readonly reason: string;
  readonly requestId: string | null;
  readonly before: Facts | null;
  readonly after: Facts | null;
  readonly createTime: Date;
}

const COLUMNS = `number::float8 AS number, method, resource, model_id AS model, actor, reason, request_id AS "requestId", before, after,
  create_time AS "createTime"`;

/** Reads events. */
@Injectable()
export class EventRepository {
  constructor(readonly dataSource: DataSource) {}

  /** Oldest first, after the given number; of one model, or of all. */
  list(namespace: string, after: number, limit: number, model?: string): Promise<EventRow[]> {
    const ofModel = model === undefined ? '' : 'AND model_id = $4';
    return this.dataSource.query(
      `SELECT ${COLUMNS} FROM event WHERE namespace = $1 AND number > $2 ${ofModel} ORDER BY number LIMIT $3`,
      model === undefined ? [namespace, after, limit] : [namespace, after, limit, model],
    );
  }

  /** Number of the last event of a namespace; 0 if there is none. */
  async last(namespace: string): Promise<number> {
    const [row] = await this.dataSource.query(
      'SELECT (next_event - 1)::float8 AS last FROM namespace WHERE namespace = $1',
      [namespace],
    );
    return row?.last ?? 0;
  }
}
