import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';

/** Node publishes every stream of every HTTP/2 server of the process here; grpc-js has no option for its server's windows. */
const STREAM_CREATED = 'http2.server.stream.created';
/** Fewer frames than with HTTP/2's 16 KiB, each of which is read on its own. */
const FRAME_BYTES = 64 * 1024;

/**
 * Lets clients of the server on that port send that many bytes before the server has read them, on a connection as on each of its
 * streams, instead of HTTP/2's 65,535: it takes effect with the first call of a connection. Without it only speed is lost.
 * @returns what ends it, for connections that come later
 */
export function widenReceiveWindow(port: number, bytes: number): () => void {
  const widened = new WeakSet<ServerHttp2Session>();
  const onStream = (message: unknown): void => {
    const { session } = (message as { readonly stream: ServerHttp2Stream }).stream;
    if (!isServerSession(session) || widened.has(session) || session.socket.localPort !== port) return;
    widened.add(session);
    session.setLocalWindowSize(bytes);
    session.settings({ initialWindowSize: bytes, maxFrameSize: FRAME_BYTES });
  };
  subscribe(STREAM_CREATED, onStream);
  return () => {
    unsubscribe(STREAM_CREATED, onStream);
  };
}

function isServerSession(session: ServerHttp2Stream['session']): session is ServerHttp2Session {
  return session !== undefined && !session.destroyed;
}
