import type { Principal } from './principal.js';

/** What is kept of an API token. */
export interface StoredToken {
  /** sha256 of the secret, 32 bytes, as `hashSecret` makes it. */
  readonly secretHash: Uint8Array;
  readonly principal: Principal;
  /** From when on it is not accepted; undefined: never. */
  readonly expires: Date | undefined;
  readonly revoked: boolean;
}

/** Where API tokens are looked up by their id. */
export interface TokenSource {
  /** @returns undefined for an id that was never given out. @throws if that cannot be told now: the call is not refused as unknown. */
  find(id: string): Promise<StoredToken | undefined>;
}
