import { InterceptingCall, type Interceptor, Metadata, status } from '@grpc/grpc-js';
import type { TokenProvider } from './connect-options.js';

/** Sends a token as `authorization` metadata with every call, unary or streaming; a token that cannot be had fails the call. */
export function tokenInterceptor(token: string | TokenProvider): Interceptor {
  const give = typeof token === 'string' ? () => token : token;
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, listener, next) => {
        // A provider that throws and one that rejects fail alike.
        (async () => give())().then(
          (text) => {
            metadata.set('authorization', `Bearer ${text}`);
            next(metadata, listener);
          },
          (error: unknown) => {
            const details = `the token of this call cannot be had: ${error instanceof Error ? error.message : error}`;
            listener.onReceiveStatus({ code: status.UNAUTHENTICATED, details, metadata: new Metadata() });
          },
        );
      },
    });
}
