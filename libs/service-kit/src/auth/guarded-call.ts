import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { CallErrors } from '../call-errors.js';
import type { Credentials } from './authenticator.js';
import { rememberPrincipal, runAs } from './current-principal.js';
import type { Principal } from './principal.js';

type Listener = Parameters<ServerInterceptingCall['start']>[0];

/** Decides about one call. */
export interface Guard {
  /** @throws what ends the call if it says not, or wrongly, who it is from. */
  identify(credentials: Credentials): Promise<Principal>;
  /** Whether the principal may make the call whatever the request says. */
  permitsAlways(principal: Principal): boolean;
  /** @throws what ends the call if the principal may not make it with this request. */
  check(principal: Principal, request: unknown): void;
  /** Told of whatever was thrown before the handler began. */
  refused(error: unknown, principal: Principal | undefined): void;
}

/** What the client sent first: a message, or the end of its side. */
type First = { readonly message: unknown } | 'half-close';

/**
 * A call whose handler does not begin before it is known who calls and that they may: for that the first message is read ahead of
 * the handler, which then gets it as if nothing had been.
 */
export class GuardedCall extends ServerInterceptingCall {
  #handler: Listener | undefined;
  #principal: Principal | undefined;
  #held: First | undefined;
  #over = false;

  constructor(
    readonly call: ServerInterceptingCallInterface,
    readonly guard: Guard,
    readonly errors: CallErrors,
  ) {
    super(call);
  }

  override start(handler: Listener): void {
    let metadata: Metadata;
    super.start({
      onReceiveMetadata: (received) => {
        metadata = received;
        this.#settle(() => this.#identify(handler, received));
      },
      onReceiveMessage: (message) => {
        if (this.#handler) this.#pass((to) => to.onReceiveMessage(message));
        else this.#settle(() => this.#admitFirst(handler, metadata, { message }));
      },
      onReceiveHalfClose: () => {
        if (this.#handler) this.#pass((to) => to.onReceiveHalfClose());
        else this.#settle(() => this.#admitFirst(handler, metadata, 'half-close'));
      },
      onCancel: () => {
        this.#over = true;
        this.#pass((to) => to.onCancel());
      },
    });
  }

  override startRead(): void {
    const held = this.#held;
    if (!held) {
      super.startRead();
      return;
    }
    this.#held = undefined;
    this.#pass((to) => (held === 'half-close' ? to.onReceiveHalfClose() : to.onReceiveMessage(held.message)));
  }

  async #identify(handler: Listener, metadata: Metadata): Promise<void> {
    const principal = await this.guard.identify({
      authorization: metadata.get('authorization').map(String),
      certificate: this.call.getAuthContext().sslPeerCertificate,
    });
    // Nothing behind this needs it, so nothing behind this can let it slip.
    metadata.remove('authorization');
    this.#principal = principal;
    if (this.#over) return;
    if (this.guard.permitsAlways(principal)) this.#admit(handler, metadata);
    else super.startRead();
  }

  async #admitFirst(handler: Listener, metadata: Metadata, first: First): Promise<void> {
    // Whoever ends without a word has asked for nothing; the handler says what was missing.
    if (first !== 'half-close' && this.#principal) this.guard.check(this.#principal, first.message);
    this.#held = first;
    this.#admit(handler, metadata);
  }

  #admit(handler: Listener, metadata: Metadata): void {
    this.#handler = handler;
    if (this.#principal) rememberPrincipal(metadata, this.#principal);
    this.#pass((to) => to.onReceiveMetadata(metadata));
  }

  #pass(tell: (handler: Listener) => void): void {
    const handler = this.#handler;
    if (handler && this.#principal) runAs(this.#principal, () => tell(handler));
  }

  /** Runs a step; what it throws ends the call. */
  #settle(step: () => Promise<void>): void {
    step().catch((error: unknown) => {
      this.guard.refused(error, this.#principal);
      if (this.#over) return;
      const { code, details, metadata } = this.errors.toCallError(error);
      this.sendStatus({ code, details, metadata });
    });
  }
}
