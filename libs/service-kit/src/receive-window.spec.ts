import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { afterEach, describe, expect, it } from 'vitest';
import { widenReceiveWindow } from './receive-window.js';

const WINDOW_BYTES = 1024 * 1024;
const HTTP2_WINDOW_BYTES = 65_535;

describe('widenReceiveWindow', () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  async function serve(): Promise<number> {
    const server = new Server();
    new HealthImplementation({ '': 'SERVING' }).addToServer(server);
    ends.push(() => server.forceShutdown());
    return new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
  }

  /** Makes a call of an empty message. */
  async function call(port: number): Promise<ClientHttp2Session> {
    const session = connect(`http://127.0.0.1:${port}`);
    ends.push(() => session.close());
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.end(Buffer.alloc(5)).resume();
    await once(stream, 'end');
    return session;
  }

  it('lets clients of a grpc-js server send more ahead, on the connection and on each stream', async () => {
    const port = await serve();
    ends.push(widenReceiveWindow(port, WINDOW_BYTES));
    const { remoteSettings, state } = await call(port);
    expect(remoteSettings.initialWindowSize).toBe(WINDOW_BYTES);
    expect(state.remoteWindowSize).toBeGreaterThan(WINDOW_BYTES - 100);
  });

  it('leaves other servers of the process alone, and those it has ended for', async () => {
    const [port, other] = [await serve(), await serve()];
    widenReceiveWindow(port, WINDOW_BYTES)();
    ends.push(widenReceiveWindow(other, WINDOW_BYTES));
    expect((await call(port)).remoteSettings.initialWindowSize).toBe(HTTP2_WINDOW_BYTES);
  });
});
