import type { ChannelCredentials } from '@grpc/grpc-js';

/** Gives the token of each call, for tokens that are renewed. */
export type TokenProvider = () => string | Promise<string>;

/** Transport security; everything has a default. */
export interface TlsOptions {
  /** PEM certificates of the authorities that may have signed the service's certificate; the system's by default. */
  readonly ca?: Uint8Array;
  /** PEM certificate and key the client shows; both or neither. */
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
}

/** How a service is reached. */
export interface ConnectOptions {
  /** An API token (`rsk_…`) or JSON Web Token that is sent with every call. Over plain text only on loopback. */
  readonly token?: string | TokenProvider;
  /** Sends the token over plain text to other machines too: for service meshes that encrypt what looks plain. */
  readonly plaintextToken?: boolean;
  /** TLS; plain text by default, for loopback and service meshes. */
  readonly tls?: TlsOptions;
  /** Channel credentials of the caller's own making, in place of `tls`. */
  readonly credentials?: ChannelCredentials;
  /** Largest message taken from the service, in bytes. */
  readonly maxMessageBytes?: number;
  /** Longest wait for the answer of a unary call, in milliseconds. */
  readonly timeoutMs?: number;
}
