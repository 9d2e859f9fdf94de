import type { Authenticator } from './authenticator.js';
import { ANONYMOUS, type Principal } from './principal.js';

/** Takes everybody for anonymous, who may do everything. */
export class OpenAuthenticator implements Authenticator {
  async identify(): Promise<Principal> {
    return ANONYMOUS;
  }
}
