import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { Metadata, Server, ServerCredentials, type ServerDuplexStream, type status } from '@grpc/grpc-js';
import { ErrorInfo, RetryInfo, Status } from '@resmask/contracts/google.rpc';
import {
  type Frame,
  InferenceServiceService,
  StreamAccepted,
  type StreamConfig,
  type StreamFramesRequest,
  StreamFramesResponse,
} from '@resmask/contracts/inference.v1';

type Message = NonNullable<StreamFramesResponse['message']>;
type Call = ServerDuplexStream<StreamFramesRequest, StreamFramesResponse>;

/** One call, as the server sees it. */
export class ServedStream {
  readonly taken: number[] = [];
  onFrame: (frame: Frame) => void = () => {};
  onEnd: () => void = () => this.call.end();

  constructor(
    readonly call: Call,
    /** From 1 on. */
    readonly attempt: number,
    readonly config: StreamConfig,
  ) {
    call.on('error', () => {});
    call.on('data', ({ message }: StreamFramesRequest) => {
      if (message?.$case !== 'frame') return;
      this.taken.push(message.value.frameId);
      this.onFrame(message.value);
    });
    call.on('end', () => this.onEnd());
  }

  say(message: Message): void {
    this.call.write({ message });
  }

  /** Accepts the configuration; `heartbeatMs` is the interval it promises. */
  accept(accepted: Partial<StreamAccepted> = {}, heartbeatMs = 15_000): void {
    const heartbeatInterval = { seconds: Math.floor(heartbeatMs / 1000), nanos: (heartbeatMs % 1000) * 1e6 };
    const value = StreamAccepted.fromPartial({ maxInFlight: 2, heartbeatInterval, ...accepted });
    this.say({ $case: 'accepted', value });
  }

  answer(frameId: number): void {
    const value = { frameId, captureTime: undefined, reason: 1 };
    this.say({ $case: 'dropped', value });
  }

  drain(lastFrameId: number, resumeFrameId = lastFrameId + 1): void {
    this.say({ $case: 'draining', value: { lastFrameId, resumeFrameId } });
  }

  /** Ends the call with a status, as our services do where there is a reason. */
  fail(code: status, { reason = '', retryAfterMs = -1 } = {}): void {
    const metadata = new Metadata();
    const any = (type: string, value: Uint8Array) => ({
      typeUrl: `type.googleapis.com/google.rpc.${type}`,
      value: Buffer.from(value),
    });
    const retryDelay = { seconds: 0, nanos: retryAfterMs * 1e6 };
    const details = [
      ...(reason ? [any('ErrorInfo', ErrorInfo.encode({ reason, domain: '', metadata: {} }).finish())] : []),
      ...(retryAfterMs >= 0 ? [any('RetryInfo', RetryInfo.encode({ retryDelay }).finish())] : []),
    ];
    const encoded = Status.encode({ code, message: 'gone', details }).finish();
    if (details.length > 0) metadata.set('grpc-status-details-bin', Buffer.from(encoded));
    this.call.emit('error', Object.assign(new Error('gone'), { code, details: 'gone', metadata }));
  }
}

/** A gRPC server whose streams do what a test says, behind a connection that can be cut. */
export class FrameServer {
  readonly streams: ServedStream[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly server: Server,
    readonly proxy: NetServer,
    readonly port: number,
  ) {
    proxy.on('connection', (socket) => this.#forward(socket));
  }

  /** @param handle called for each call once its configuration has come */
  static async start(handle: (stream: ServedStream, server: FrameServer) => void): Promise<FrameServer> {
    const server = new Server();
    const others = Object.fromEntries(Object.keys(InferenceServiceService).map((rpc) => [rpc, () => {}]));
    server.addService(InferenceServiceService, {
      ...others,
      streamFrames: (call: Call) =>
        call.once('data', ({ message }: StreamFramesRequest) => {
          if (message?.$case !== 'config') throw new TypeError('the first message is no configuration');
          const stream = new ServedStream(call, started.streams.length + 1, message.value);
          started.streams.push(stream);
          handle(stream, started);
        }),
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    const proxy = createServer();
    const started = new FrameServer(server, proxy, port);
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get address(): string {
    const address = this.proxy.address();
    return `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  /** Cuts every connection, as a network does: no status, no goodbye. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  stop(): void {
    this.cut();
    this.proxy.close();
    this.server.forceShutdown();
  }

  #forward(socket: Socket): void {
    const upstream = connect(this.port, '127.0.0.1');
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ]) {
      this.#sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
