import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import {
  InferenceServiceService,
  type StreamFramesRequest,
  StreamFramesResponse,
} from '@resmask/contracts/inference.v1';
import { afterEach, describe, expect, it } from 'vitest';
import { encodedImage } from './image.js';
import { type FrameInput, InferenceClient } from './inference-client.js';

type Call = ServerDuplexStream<StreamFramesRequest, StreamFramesResponse>;

const IMAGE = encodedImage(Buffer.from([1]));
const servers: Server[] = [];

/** A server that answers streams as the test says. @returns its address */
async function serve(handle: (call: Call, attempt: number) => void): Promise<string> {
  const server = new Server();
  let attempt = 0;
  server.addService(InferenceServiceService, {
    recognize: () => {},
    streamFrames: (call: Call) => {
      attempt += 1;
      handle(call, attempt);
    },
  });
  servers.push(server);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return `127.0.0.1:${port}`;
}

const dropped = (frameId: number) =>
  StreamFramesResponse.fromPartial({ message: { $case: 'dropped', value: { frameId } } });

/** Answers frames until one of them, then fails with a code. */
function answerUntil(call: Call, last: number, code: status): void {
  call.on('error', () => {});
  call.on('data', ({ message }: StreamFramesRequest) => {
    if (message?.$case !== 'frame') return;
    if (message.value.frameId <= last) call.write(dropped(message.value.frameId));
    if (message.value.frameId === last) call.emit('error', Object.assign(new Error('gone'), { code, details: 'gone' }));
  });
  call.on('end', () => call.end());
}

async function* frames(count: number): AsyncGenerator<FrameInput> {
  for (let frameId = 1; frameId <= count; frameId += 1) yield { frameId, image: IMAGE };
}

afterEach(() => {
  for (const server of servers.splice(0)) server.forceShutdown();
});

describe('a stream of the client', () => {
  it('goes on at a new call with the frames that have no answer, each answered once', async () => {
    const configs: number[] = [];
    const address = await serve((call, attempt) => {
      call.on('data', ({ message }: StreamFramesRequest) => message?.$case === 'config' && configs.push(attempt));
      answerUntil(call, attempt === 1 ? 4 : 100, status.UNAVAILABLE);
    });
    const client = new InferenceClient(address);
    const resumed: string[] = [];
    const ids: number[] = [];
    for await (const answer of client.streamFrames({}, frames(10), {
      onResume: ({ message }, attempt) => resumed.push(`${message} ${attempt}`),
    })) {
      if (answer.$case === 'dropped') ids.push(answer.value.frameId);
    }
    client.close();
    expect(ids).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(resumed).toEqual(['gone 1']);
    expect(configs).toEqual([1, 2]);
  });

  it('gives up after so many attempts without an answer, and at once for other failures', async () => {
    const away = await serve((call) => answerUntil(call, 1, status.UNAVAILABLE));
    const client = new InferenceClient(away);
    async function* one(): AsyncGenerator<FrameInput> {
      yield { frameId: 1, image: IMAGE };
      await new Promise(() => {});
    }
    await expect(Array.fromAsync(client.streamFrames({}, one(), { attempts: 0 }))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    client.close();
    let attempts = 0;
    const refusing = await serve((call, attempt) => {
      attempts = attempt;
      answerUntil(call, 1, status.INVALID_ARGUMENT);
    });
    const other = new InferenceClient(refusing);
    await expect(Array.fromAsync(other.streamFrames({}, frames(3)))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(attempts).toBe(1);
    other.close();
  });

  it('throws what the source of frames throws, after the answers to what was sent', async () => {
    const address = await serve((call) => answerUntil(call, 100, status.OK));
    const client = new InferenceClient(address);
    async function* broken(): AsyncGenerator<FrameInput> {
      yield* frames(2);
      throw new Error('the camera is unplugged');
    }
    const ids: number[] = [];
    const stream = async (): Promise<void> => {
      for await (const answer of client.streamFrames({}, broken()))
        if (answer.$case === 'dropped') ids.push(answer.value.frameId);
    };
    await expect(stream()).rejects.toThrow('the camera is unplugged');
    expect(ids).toEqual([1, 2]);
    client.close();
  });

  it('cancels the call when the reader stops', async () => {
    const cancelled = Promise.withResolvers<void>();
    const address = await serve((call) => {
      call.on('cancelled', cancelled.resolve);
      answerUntil(call, 100, status.OK);
    });
    const client = new InferenceClient(address);
    for await (const answer of client.streamFrames({}, frames(5))) if (answer.$case === 'dropped') break;
    await cancelled.promise;
    client.close();
  });

  it('waits while the service does not read', async () => {
    const opened = Promise.withResolvers<Call>();
    const address = await serve((call) => {
      call.on('error', () => {});
      opened.resolve(call);
    });
    const client = new InferenceClient(address);
    const big = encodedImage(Buffer.alloc(256 * 1024));
    let taken = 0;
    async function* source(): AsyncGenerator<FrameInput> {
      for (taken = 1; taken <= 1000; taken += 1) yield { frameId: taken, image: big };
    }
    const stream = client.streamFrames({}, source(), { attempts: 0 });
    const first = stream.next();
    const call = await opened.promise;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(taken).toBeLessThan(60);
    call.end();
    await first;
    await stream.return(undefined);
    client.close();
  });
});
