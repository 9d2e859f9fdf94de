import type { StoredToken, TokenSource } from './token-source.js';

/** API tokens in memory, for tests. */
export class MemoryTokenSource implements TokenSource {
  readonly #tokens = new Map<string, StoredToken>();

  set(id: string, token: StoredToken): void {
    this.#tokens.set(id, token);
  }

  async find(id: string): Promise<StoredToken | undefined> {
    return this.#tokens.get(id);
  }
}
