import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

export interface NotificationParts {
  /** A direct connection: LISTEN does not work through a transaction pooler. */
  readonly url: string;
  readonly channel: string;
  readonly applicationName: string;
  readonly onNotification: (payload: string) => void;
  /** After every connection, the first one too: whatever was notified before may have been missed. */
  readonly onConnected: () => void;
}

const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 5_000;

/** Listens to a channel of the database on a connection of its own, and connects again for as long as it is not closed. */
export class Notifications {
  #closed = false;
  #client: pg.Client | undefined;

  private constructor(readonly parts: NotificationParts) {}

  /** Begins in the background: a database that is away does not keep anything from starting. */
  static listen(parts: NotificationParts): Notifications {
    const notifications = new Notifications(parts);
    void notifications.#run();
    return notifications;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.end().catch(() => {});
  }

  async #run(): Promise<void> {
    for (let wait = FIRST_RETRY_MS; !this.#closed; wait = Math.min(wait * 2, MAX_RETRY_MS)) {
      const connected = await this.#listenOnce();
      if (connected) wait = FIRST_RETRY_MS;
      if (!this.#closed) await delay(wait, undefined, { ref: false });
    }
  }

  /** Resolves when the connection has ended; true if there was one. */
  async #listenOnce(): Promise<boolean> {
    const { url, channel, applicationName, onNotification, onConnected } = this.parts;
    const client = new pg.Client({ connectionString: url, application_name: applicationName, keepAlive: true });
    this.#client = client;
    const ended = new Promise<void>((resolve) => {
      client.once('end', resolve);
      client.once('error', () => resolve());
    });
    client.on('notification', ({ payload = '' }) => onNotification(payload));
    try {
      await client.connect();
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    } catch {
      await client.end().catch(() => {});
      return false;
    }
    onConnected();
    await ended;
    await client.end().catch(() => {});
    return true;
  }
}
