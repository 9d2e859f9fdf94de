import { Injectable } from '@nestjs/common';
import type {
  ListEventsRequest,
  ListEventsResponse,
  WatchEventsRequest,
  WatchEventsResponse,
} from '@resmask/contracts/registry.v1';
import { DomainError, invalidField } from '@resmask/errors';
import { parseModelName, parseNamespace } from '@resmask/resource-names';
import { cutPage, Drain, readNumberedPage } from '@resmask/service-kit';
import { toEventMessage } from './event.messages.js';
import { EventRepository } from './event.repository.js';
import { EventFeed } from './event-feed.js';

const HEARTBEAT_MS = 15_000;
const ONLY_NEW = -1;

/** Tells what has happened, and what happens. */
@Injectable()
export class EventService {
  constructor(
    readonly events: EventRepository,
    readonly feed: EventFeed,
    readonly drain: Drain,
  ) {}

  async list(request: ListEventsRequest): Promise<ListEventsResponse> {
    const namespace = parseNamespace(request.parent);
    const model = modelOf(request.model, namespace);
    const scope = ['events', request.parent, request.model];
    const page = readNumberedPage(request, scope, Number.MAX_SAFE_INTEGER);
    const rows = await this.events.list(namespace, page.after ?? 0, page.size + 1, model);
    const { shown, nextPageToken } = cutPage(rows, page.size, scope, (last) => String(last.number));
    return {
      events: shown.map((row) => toEventMessage(namespace, row)),
      nextPageToken,
    };
  }

  /** @throws DomainError DRAINING when this process stops. */
  async *watch(request: WatchEventsRequest, cancelled: AbortSignal): AsyncGenerator<WatchEventsResponse> {
    const namespace = parseNamespace(request.parent);
    const model = modelOf(request.model, namespace);
    if (request.after < ONLY_NEW)
      throw invalidField('after', `got ${request.after}; the number of an event, 0 or -1 is needed`);
    const last = await this.events.last(namespace);
    if (request.after > last) {
      throw invalidField(
        'after',
        `got ${request.after}, the last event is ${last}; was the registry restored from a backup?`,
      );
    }
    const after = request.after === ONLY_NEW ? last : request.after;
    yield heartbeat(last);
    const signal = AbortSignal.any([cancelled, this.drain.signal]);
    let seen = Math.max(after, last);
    for await (const page of this.feed.follow(namespace, after, HEARTBEAT_MS, signal)) {
      if (page.length === 0) yield heartbeat(seen);
      else seen = page[page.length - 1].number;
      for (const row of page) {
        if (model === undefined || row.model === model)
          yield { message: { $case: 'event', value: toEventMessage(namespace, row) } };
      }
    }
    if (!cancelled.aborted) {
      throw new DomainError('DRAINING', 'this server is stopping; watch again after the last event you have seen', {
        retryAfterMs: 500,
      });
    }
  }
}

function heartbeat(last: number): WatchEventsResponse {
  return { message: { $case: 'heartbeat', value: last } };
}

function modelOf(name: string, namespace: string): string | undefined {
  if (name === '') return undefined;
  const parsed = parseModelName(name, 'model');
  if (parsed.namespace === namespace) return parsed.model;
  throw invalidField('model', `got ${name}; a model of namespace "${namespace}" is needed`);
}
