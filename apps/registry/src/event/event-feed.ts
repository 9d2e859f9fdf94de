import { Injectable } from '@nestjs/common';
import { EventRepository, type EventRow } from './event.repository.js';

/** Events of a namespace that were read last, one after the other without gaps, and who waits for more. */
interface Recent {
  events: EventRow[];
  last: number;
  reading: Promise<void> | undefined;
  again: boolean;
  followers: number;
  readonly waiting: Set<() => void>;
}

/** Events kept for followers that are nearly up to date; those further behind read from the database. */
const KEPT = 1000;
const PAGE = 500;

/**
 * Hands new events to any number of followers with one read for all: the database says by a notification that there is
 * something new, and it is asked once.
 */
@Injectable()
export class EventFeed {
  readonly #namespaces = new Map<string, Recent>();

  constructor(readonly events: EventRepository) {}

  /** Something happened in a namespace. */
  notify(namespace: string): void {
    const recent = this.#namespaces.get(namespace);
    if (recent) this.#refresh(namespace, recent);
  }

  /** Notifications may have been missed. */
  notifyAll(): void {
    for (const [namespace, recent] of this.#namespaces) this.#refresh(namespace, recent);
  }

  /**
   * Events after the given number, in order, none left out and none twice, for ever.
   * @yields pages of events; an empty page where nothing happened for `quietMs`
   */
  async *follow(namespace: string, after: number, quietMs: number, signal: AbortSignal): AsyncGenerator<EventRow[]> {
    const recent = this.#join(namespace);
    try {
      for (let cursor = after; !signal.aborted; ) {
        const page = await this.#after(namespace, recent, cursor);
        if (page.length > 0) {
          cursor = page[page.length - 1].number;
          yield page;
        } else if (!(await waitFor(recent, cursor, quietMs, signal)) && !signal.aborted) {
          yield [];
        }
      }
    } finally {
      recent.followers -= 1;
      if (recent.followers === 0) this.#namespaces.delete(namespace);
    }
  }

  #join(namespace: string): Recent {
    let recent = this.#namespaces.get(namespace);
    if (!recent) {
      recent = { events: [], last: -1, reading: undefined, again: false, followers: 0, waiting: new Set() };
      this.#namespaces.set(namespace, recent);
    }
    recent.followers += 1;
    return recent;
  }

  async #after(namespace: string, recent: Recent, cursor: number): Promise<EventRow[]> {
    const [oldest] = recent.events;
    if (cursor >= recent.last && recent.last >= 0) return [];
    if (oldest && cursor >= oldest.number - 1) return recent.events.filter(({ number }) => number > cursor);
    const page = await this.events.list(namespace, cursor, PAGE);
    // The first follower that has reached the end says from where the others are fed.
    if (page.length < PAGE && recent.last < 0) {
      recent.last = page[page.length - 1]?.number ?? cursor;
      // What was notified before this moment had nowhere to go.
      this.#refresh(namespace, recent);
    }
    return page;
  }

  /** Reads what is new; a notification that comes meanwhile makes it read once more. */
  #refresh(namespace: string, recent: Recent): void {
    recent.again = true;
    recent.reading ??= this.#readAll(namespace, recent).finally(() => {
      recent.reading = undefined;
    });
  }

  async #readAll(namespace: string, recent: Recent): Promise<void> {
    while (recent.again) {
      recent.again = false;
      if (recent.last < 0) break;
      const page = await this.events.list(namespace, recent.last, PAGE).catch(() => undefined);
      // The database is away; its return is told by a notification.
      if (!page || page.length === 0) continue;
      recent.events = [...recent.events, ...page].slice(-KEPT);
      recent.last = page[page.length - 1].number;
      recent.again ||= page.length === PAGE;
    }
    for (const wake of recent.waiting) wake();
  }
}

/** Resolves true when something new may be there, false when it stays quiet or the follower goes. */
function waitFor(recent: Recent, cursor: number, quietMs: number, signal: AbortSignal): Promise<boolean> {
  // It may have come while this follower looked.
  if (recent.last > cursor) return Promise.resolve(true);
  return new Promise((resolve) => {
    const finish = (woken: boolean): void => {
      clearTimeout(timer);
      recent.waiting.delete(wake);
      signal.removeEventListener('abort', leave);
      resolve(woken);
    };
    const wake = (): void => finish(true);
    const leave = (): void => finish(false);
    const timer = setTimeout(() => finish(false), quietMs);
    recent.waiting.add(wake);
    signal.addEventListener('abort', leave, { once: true });
  });
}
