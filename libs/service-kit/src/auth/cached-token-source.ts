import type { StoredToken, TokenSource } from './token-source.js';

/** How long a found token is believed without another look: a revoked one works at most this much longer. */
export const TOKEN_CACHE_MS = 10_000;
const MAX_TOKENS = 10_000;

interface Entry {
  readonly found: Promise<StoredToken | undefined>;
  readonly until: number;
}

/**
 * Remembers what a slower source found, so that not every call asks it. Ids that were not found and failures are asked for again
 * at once: a token works from the moment it is made.
 */
export class CachedTokenSource implements TokenSource {
  readonly #entries = new Map<string, Entry>();

  constructor(
    readonly source: TokenSource,
    readonly maxAgeMs = TOKEN_CACHE_MS,
    readonly now: () => number = Date.now,
  ) {}

  find(id: string): Promise<StoredToken | undefined> {
    const known = this.#entries.get(id);
    if (known && known.until > this.now()) return known.found;
    const entry: Entry = { found: this.source.find(id), until: this.now() + this.maxAgeMs };
    this.#remember(id, entry);
    const forget = (): void => {
      if (this.#entries.get(id) === entry) this.#entries.delete(id);
    };
    entry.found.then((token) => token ?? forget(), forget);
    return entry.found;
  }

  #remember(id: string, entry: Entry): void {
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    if (this.#entries.size <= MAX_TOKENS) return;
    // The one that was looked up longest ago; a Map keeps the order.
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest);
  }
}
