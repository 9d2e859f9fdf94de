import type { Event } from '@resmask/contracts/registry.v1';
import { formatNamespace } from '@resmask/resource-names';
import { toTimestamp } from '@resmask/service-kit';
import type { EventRow } from './event.repository.js';

export function toEventMessage(namespace: string, row: EventRow): Event {
  const { number, method, resource, actor, reason, requestId, before, after, createTime } = row;
  const parent = formatNamespace(namespace);
  return {
    name: `${parent}/events/${number}`,
    number,
    method,
    resource: `${parent}/${resource}`,
    actor,
    reason,
    requestId: requestId ?? '',
    before: before ?? undefined,
    after: after ?? undefined,
    createTime: toTimestamp(createTime),
  };
}
