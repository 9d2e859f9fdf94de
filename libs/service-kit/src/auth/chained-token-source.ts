import type { StoredToken, TokenSource } from './token-source.js';

/** Several sources as one; the first that knows an id wins. */
export class ChainedTokenSource implements TokenSource {
  constructor(readonly sources: readonly TokenSource[]) {}

  async find(id: string): Promise<StoredToken | undefined> {
    for (const source of this.sources) {
      const token = await source.find(id);
      if (token) return token;
    }
    return undefined;
  }
}
