import {
  type CallOptions,
  type ChannelCredentials,
  type ClientOptions,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { channelCredentials } from './channel-credentials.js';
import type { ConnectOptions } from './connect-options.js';
import { ResmaskError } from './resmask-error.js';
import { tokenInterceptor } from './token-interceptor.js';

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_MESSAGE_BYTES = 64 * 1024 * 1024;

export interface Channel<Client> {
  readonly client: Client;
  readonly timeoutMs: number;
}

/**
 * Connects lazily: the first call opens the connection, and a lost one is opened again.
 * @throws DomainError CONFIG_INVALID for options that cannot be used.
 */
export function openChannel<Client>(
  Constructor: new (address: string, credentials: ChannelCredentials, options?: Partial<ClientOptions>) => Client,
  address: string,
  options: ConnectOptions,
): Channel<Client> {
  const client = new Constructor(address, channelCredentials(address, options), {
    interceptors: options.token === undefined ? [] : [tokenInterceptor(options.token)],
    'grpc.max_receive_message_length': options.maxMessageBytes ?? DEFAULT_MESSAGE_BYTES,
    // Retries keep every message of a long stream in memory; streams resume by frame id instead.
    'grpc.enable_retries': 0,
    // Clients of one process would otherwise share one connection, and its limits.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 5_000,
  });
  return { client, timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS };
}

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

/** Calls a unary method and waits for its answer. @throws ResmaskError. */
export function callUnary<Request, Response>(
  channel: Channel<unknown>,
  method: UnaryMethod<Request, Response>,
  request: Request,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + channel.timeoutMs;
    method.call(channel.client, request, new Metadata(), { deadline }, (error, response) =>
      error ? reject(ResmaskError.from(error)) : resolve(response),
    );
  });
}
