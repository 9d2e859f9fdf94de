import type { ServerReadableStream, ServerWritableStream } from '@grpc/grpc-js';
import { credentials, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import {
  type DownloadModelFileRequest,
  DownloadModelFileResponse,
  Model,
  ModelVersion,
  RegistryServiceService,
} from '@resmask/contracts/registry.v1';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectOptions } from './connect-options.js';
import { RegistryClient } from './registry-client.js';

const NAME = 'namespaces/a/models/m';
const seen: { rpc: string; authorization: unknown[] }[] = [];
let server: Server;
let address: string;

const note = (rpc: string, { metadata }: { metadata: ServerUnaryCall<unknown, unknown>['metadata'] }) =>
  seen.push({ rpc, authorization: metadata.get('authorization') });

beforeAll(async () => {
  server = new Server();
  server.addService(RegistryServiceService, {
    ...Object.fromEntries(Object.keys(RegistryServiceService).map((rpc) => [rpc, () => {}])),
    getModel: (call: ServerUnaryCall<unknown, Model>, answer: sendUnaryData<Model>) => {
      note('getModel', call);
      answer(null, Model.fromPartial({ name: NAME }));
    },
    downloadModelFile: (call: ServerWritableStream<DownloadModelFileRequest, DownloadModelFileResponse>) => {
      note('downloadModelFile', call);
      call.write(DownloadModelFileResponse.fromPartial({ chunk: Buffer.from('abc') }));
      call.end();
    },
    uploadModelVersion: (call: ServerReadableStream<unknown, ModelVersion>, answer: sendUnaryData<ModelVersion>) => {
      note('uploadModelVersion', call);
      call.on('data', () => {}).on('end', () => answer(null, ModelVersion.fromPartial({ name: `${NAME}/versions/1` })));
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  address = `127.0.0.1:${port}`;
});
afterAll(() => server.forceShutdown());
beforeEach(() => {
  seen.length = 0;
});

async function using(options: ConnectOptions, run: (client: RegistryClient) => Promise<void>): Promise<void> {
  const client = new RegistryClient(address, options);
  try {
    await run(client);
  } finally {
    client.close();
  }
}

async function* bytes(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 20; i += 1) yield new Uint8Array(100_000);
}

describe('a token', () => {
  it('goes with every call, unary or stream', async () => {
    await using({ token: 'rsk_x' }, async (client) => {
      await client.getModel(NAME);
      expect(await Array.fromAsync(client.downloadModelFile(`${NAME}/versions/1`, 'model.onnx'))).toHaveLength(1);
      const version = { description: '', architecture: '', inputSpec: undefined, outputSpec: undefined, files: [] };
      await client.uploadModelVersion(NAME, version, bytes());
    });
    const authorization = ['Bearer rsk_x'];
    expect(seen).toEqual([
      { rpc: 'getModel', authorization },
      { rpc: 'downloadModelFile', authorization },
      { rpc: 'uploadModelVersion', authorization },
    ]);
  });

  it('is asked for anew at each call, and may take its time', async () => {
    let given = 0;
    const token = async (): Promise<string> => {
      given += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return `t${given}`;
    };
    await using({ token }, async (client) => {
      await client.getModel(NAME);
      await client.getModel(NAME);
    });
    expect(seen.map(({ authorization }) => authorization)).toEqual([['Bearer t1'], ['Bearer t2']]);
  });

  it.each<[string, () => string | Promise<string>]>([
    [
      'throws',
      () => {
        throw new Error('the vault is closed');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the vault is closed'))],
  ])('that cannot be had fails every kind of call and sends none: the provider %s', async (_how, token) => {
    await using({ token }, async (client) => {
      const failed = { code: 'UNAUTHENTICATED', message: 'the token of this call cannot be had: the vault is closed' };
      await expect(client.getModel(NAME)).rejects.toMatchObject(failed);
      await expect(Array.fromAsync(client.downloadModelFile(NAME, 'x'))).rejects.toMatchObject(failed);
      const version = { description: '', architecture: '', inputSpec: undefined, outputSpec: undefined, files: [] };
      await expect(client.uploadModelVersion(NAME, version, bytes())).rejects.toMatchObject(failed);
    });
    expect(seen).toEqual([]);
  });

  it('is not there without one', async () => {
    await using({}, async (client) => {
      await client.getModel(NAME);
    });
    expect(seen).toEqual([{ rpc: 'getModel', authorization: [] }]);
  });

  it('is not sent to another machine in plain text, unless that is said', () => {
    const connect = (options: ConnectOptions) => () => new RegistryClient('registry.example:50052', options).close();
    const refused = expect.objectContaining({ reason: 'CONFIG_INVALID' });
    expect(connect({ token: 'rsk_x' })).toThrow(refused);
    expect(connect({ token: 'rsk_x' })).toThrow('a token would be sent to registry.example:50052 in plain text');
    expect(connect({ token: 'rsk_x' })).not.toThrow('rsk_x');
    expect(connect({ token: 'rsk_x', credentials: credentials.createInsecure() })).toThrow(refused);
    expect(connect({ token: 'rsk_x', credentials: credentials.createSsl() })).not.toThrow();
    expect(connect({ token: 'rsk_x', tls: {} })).not.toThrow();
    expect(connect({ token: 'rsk_x', plaintextToken: true })).not.toThrow();
    expect(connect({})).not.toThrow();
  });

  it('needs whole client certificates beside it', () => {
    const half = { tls: { cert: Buffer.from('x') } };
    expect(() => new RegistryClient(address, half)).toThrow('a client certificate needs its key');
    const wrong = { tls: { cert: Buffer.from('x'), key: Buffer.from('y') } };
    expect(() => new RegistryClient(address, wrong)).toThrow('no PEM, or do not fit together');
  });
});
