import {
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type StatusObject,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import {
  Dataset,
  EvaluationServiceClient,
  EvaluationServiceService,
  type ImportDatasetRequest,
  ImportDatasetResponse,
  type WatchRunRequest,
  type WatchRunResponse,
} from '@resmask/contracts/evaluation.v1alpha1';
import {
  InferenceServiceClient,
  InferenceServiceService,
  StreamFramesRequest,
  StreamFramesResponse,
} from '@resmask/contracts/inference.v1';
import { HealthImplementation, service as healthService } from 'grpc-health-check';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CallErrors } from '../call-errors.js';
import { messagesOf } from '../streams.js';
import { formatApiToken, generateApiToken, hashSecret } from './api-token.js';
import { authInterceptor } from './auth-interceptor.js';
import { CredentialsAuthenticator } from './authenticator.js';
import { currentPrincipal, principalOf } from './current-principal.js';
import { MemoryTokenSource } from './memory-token-source.js';
import { PolicyTable } from './policy-table.js';
import type { RoleTable } from './principal.js';
import type { PolicyRow } from './service-policy.js';
import { TokenVerifier } from './token-verifier.js';

const EVALUATION = 'resmask.evaluation.v1alpha1.EvaluationService';
const INFERENCE = 'resmask.inference.v1.InferenceService';
const byName: PolicyRow<never> = { role: 'viewer', on: ({ name }: { name: string }) => name };
const byStart: PolicyRow<never> = {
  role: 'publisher',
  on: ({ step }: ImportDatasetRequest) => (step?.$case === 'start' ? step.value.parent : undefined),
};
const byConfig: PolicyRow<never> = {
  role: 'viewer',
  on: ({ message }: StreamFramesRequest) => (message?.$case === 'config' ? message.value.parent : undefined),
};
const policies = {
  [EVALUATION]: Object.fromEntries(
    Object.keys(EvaluationServiceService).map((rpc) => [rpc, rpc === 'importDataset' ? byStart : byName]),
  ),
  [INFERENCE]: {
    ...Object.fromEntries(Object.keys(InferenceServiceService).map((rpc) => [rpc, byName])),
    streamFrames: byConfig,
  },
};

/** What handlers were called, by whom; and what they saw of the metadata. */
const handled: { rpc: string; current: string; ofCall: string; authorization: unknown[] }[] = [];
const log: string[] = [];
const tokens = new MemoryTokenSource();
let server: Server;
let evaluation: EvaluationServiceClient;
let inference: InferenceServiceClient;
let address: string;

function record(rpc: string, call: { metadata: Metadata }): void {
  handled.push({
    rpc,
    current: currentPrincipal().subject,
    ofCall: principalOf(call).subject,
    authorization: call.metadata.get('authorization'),
  });
}

const evaluationHandlers = {
  ...Object.fromEntries(Object.keys(EvaluationServiceService).map((rpc) => [rpc, () => {}])),
  getDataset: async (call: ServerUnaryCall<unknown, Dataset>, answer: sendUnaryData<Dataset>) => {
    // The principal must outlive an await.
    await new Promise((resolve) => setTimeout(resolve, 5));
    record('getDataset', call);
    answer(null, Dataset.fromPartial({ name: 'namespaces/a/datasets/d' }));
  },
  importDataset: async (
    call: ServerReadableStream<ImportDatasetRequest, ImportDatasetResponse>,
    answer: sendUnaryData<ImportDatasetResponse>,
  ) => {
    let bytes = 0;
    for await (const { step } of messagesOf(call)) if (step?.$case === 'chunk') bytes += step.value.length;
    record('importDataset', call);
    answer(null, ImportDatasetResponse.fromPartial({ dataset: { name: String(bytes) } }));
  },
  watchRun: (call: ServerWritableStream<WatchRunRequest, WatchRunResponse>) => {
    record('watchRun', call);
    call.end();
  },
};

const inferenceHandlers = {
  ...Object.fromEntries(Object.keys(InferenceServiceService).map((rpc) => [rpc, () => {}])),
  streamFrames: (call: ServerDuplexStream<StreamFramesRequest, StreamFramesResponse>) => {
    record('streamFrames', call);
    call.on('error', () => {});
    call.on('data', () => call.write(StreamFramesResponse.fromPartial({})));
    call.on('end', () => call.end());
  },
};

function tokenFor(subject: string, roles: RoleTable): string {
  const token = generateApiToken();
  const principal = { subject, method: 'token', roles } as const;
  tokens.set(token.id, { secretHash: hashSecret(token.secret), principal, expires: undefined, revoked: false });
  return formatApiToken(token);
}

const as = (token: string): Metadata => {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
};

const getDataset = (metadata: Metadata, name = 'namespaces/a/datasets/d') =>
  new Promise<string>((resolve) =>
    evaluation.getDataset({ name }, metadata, (error, { name: found } = Dataset.fromPartial({})) =>
      resolve(error ? status[error.code] : found),
    ),
  );

/** Sends a start and 200 chunks of 64 kB. */
function importInto(parent: string, metadata: Metadata): Promise<ServiceError | string> {
  return new Promise((resolve) => {
    const call: ClientWritableStream<ImportDatasetRequest> = evaluation.importDataset(metadata, (error, answer) =>
      resolve(error ?? answer.dataset?.name ?? ''),
    );
    call.on('error', () => {});
    const start = { parent, datasetId: 'd', format: 1, skipBadRows: false, requestId: '' };
    call.write({ step: { $case: 'start', value: start } });
    for (let i = 0; i < 200; i += 1) call.write({ step: { $case: 'chunk', value: Buffer.alloc(65_536) } });
    call.end();
  });
}

/** Reads a call to its end. @returns the code it ended with */
function codeOf(call: ClientReadableStream<unknown>): Promise<string> {
  call.on('data', () => {}).on('error', () => {});
  return new Promise((resolve) => call.once('status', ({ code }: StatusObject) => resolve(status[code])));
}

/** Sends messages and ends. @returns how many answers came, and the code */
async function stream(messages: StreamFramesRequest[], metadata: Metadata): Promise<[number, string]> {
  const call = inference.streamFrames(metadata);
  let answers = 0;
  call.on('data', () => {
    answers += 1;
  });
  for (const message of messages) call.write(message);
  call.end();
  const code = await codeOf(call);
  return [answers, code];
}

const config = (parent: string) => StreamFramesRequest.fromPartial({ message: { $case: 'config', value: { parent } } });
const frame = StreamFramesRequest.fromPartial({ message: { $case: 'frame', value: { frameId: 1 } } });

beforeAll(async () => {
  const errors = new CallErrors(pino({ level: 'info' }, { write: (line: string) => log.push(line) }));
  const table = new PolicyTable(
    { [EVALUATION]: EvaluationServiceService, [INFERENCE]: InferenceServiceService },
    policies,
  );
  const authenticator = new CredentialsAuthenticator({ tokens: new TokenVerifier(tokens) });
  server = new Server({ interceptors: [authInterceptor(authenticator, table, errors)] });
  server.addService(EvaluationServiceService, evaluationHandlers);
  server.addService(InferenceServiceService, inferenceHandlers);
  new HealthImplementation({ '': 'SERVING' }).addToServer(server);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  address = `127.0.0.1:${port}`;
  evaluation = new EvaluationServiceClient(address, credentials.createInsecure());
  inference = new InferenceServiceClient(address, credentials.createInsecure());
});
afterAll(() => {
  evaluation.close();
  inference.close();
  server.forceShutdown();
});
beforeEach(() => {
  handled.length = 0;
  log.length = 0;
});

describe('a call', () => {
  it('without credentials, or with wrong ones, never reaches its handler', async () => {
    const wrong = formatApiToken(generateApiToken());
    expect(await getDataset(new Metadata())).toBe('UNAUTHENTICATED');
    expect(await getDataset(as(wrong))).toBe('UNAUTHENTICATED');
    expect(await stream([config('namespaces/a'), frame], new Metadata())).toEqual([0, 'UNAUTHENTICATED']);
    expect(await importInto('namespaces/a', as(wrong))).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(handled).toEqual([]);
  });

  it('without the role is refused before its handler, alike for what exists and what does not', async () => {
    const reader = as(tokenFor('reader', { a: 'viewer' }));
    expect(await getDataset(reader, 'namespaces/b/datasets/d')).toBe('PERMISSION_DENIED');
    expect(await getDataset(reader, 'namespaces/nowhere/datasets/d')).toBe('PERMISSION_DENIED');
    expect(await getDataset(reader, 'd')).toBe('INVALID_ARGUMENT');
    expect(handled).toEqual([]);
  });

  it('with the role goes through, and its handler knows whose it is but not the token', async () => {
    const reader = as(tokenFor('reader', { a: 'viewer' }));
    expect(await getDataset(reader)).toBe('namespaces/a/datasets/d');
    expect(handled).toEqual([{ rpc: 'getDataset', current: 'reader', ofCall: 'reader', authorization: [] }]);
  });

  it('keeps callers apart that call at the same time', async () => {
    const callers = Array.from({ length: 20 }, (_, i) => as(tokenFor(`caller ${i}`, { a: 'viewer' })));
    await Promise.all(callers.map((caller) => getDataset(caller)));
    expect(new Set(handled.map(({ current }) => current)).size).toBe(20);
    expect(handled.filter(({ current, ofCall }) => current !== ofCall)).toEqual([]);
  });

  it('that is refused is logged with its reason and subject, and never with the token', async () => {
    const token = tokenFor('reader', { a: 'viewer' });
    await getDataset(as(token), 'namespaces/b/datasets/d');
    await getDataset(as(formatApiToken(generateApiToken())));
    expect(log.map((line) => JSON.parse(line))).toMatchObject([
      {
        msg: 'refused a call',
        path: `/${EVALUATION}/GetDataset`,
        reason: 'ROLE_MISSING',
        subject: 'reader',
        role: 'viewer',
      },
      { msg: 'refused a call', reason: 'CREDENTIALS_INVALID' },
    ]);
    expect(log.join()).not.toMatch(/rsk_|[0-9a-f]{64}/);
  });
});

describe('a stream', () => {
  it('of frames gets every message, the first included, once it is admitted', async () => {
    const reader = as(tokenFor('reader', { a: 'viewer' }));
    const messages = [config('namespaces/a'), ...Array.from({ length: 50 }, () => frame)];
    expect(await stream(messages, reader)).toEqual([51, 'OK']);
    expect(handled).toMatchObject([{ rpc: 'streamFrames', current: 'reader', ofCall: 'reader' }]);
  });

  it('of frames is refused by its first message, and the server lives on', async () => {
    const reader = as(tokenFor('reader', { a: 'viewer' }));
    expect(await stream([config('namespaces/b'), frame, frame], reader)).toEqual([0, 'PERMISSION_DENIED']);
    expect(await stream([frame], reader)).toEqual([0, 'INVALID_ARGUMENT']);
    expect(handled).toEqual([]);
    expect(await getDataset(reader)).toBe('namespaces/a/datasets/d');
  });

  it('of a client who may do everything begins before anything is sent', async () => {
    const call = inference.streamFrames(as(tokenFor('root', { '*': 'admin' })));
    const code = codeOf(call);
    while (handled.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(handled).toMatchObject([{ rpc: 'streamFrames', current: 'root' }]);
    call.end();
    expect(await code).toBe('OK');
  });

  it('that ends without a word is its handler’s to answer', async () => {
    expect(await stream([], as(tokenFor('reader', { a: 'viewer' })))).toEqual([0, 'OK']);
    expect(handled).toMatchObject([{ rpc: 'streamFrames' }]);
  });

  it('of bytes arrives whole, or is refused while the client still sends', async () => {
    const publisher = as(tokenFor('publisher', { a: 'publisher' }));
    expect(await importInto('namespaces/a', publisher)).toBe(String(200 * 65_536));
    expect(await importInto('namespaces/b', publisher)).toMatchObject({ code: status.PERMISSION_DENIED });
    expect(await importInto('namespaces/a', as(tokenFor('reader', { a: 'viewer' })))).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: expect.stringContaining('the role publisher in namespaces/a is needed'),
    });
    expect(handled).toHaveLength(1);
  });

  it('from the server begins or is refused like any call', async () => {
    const reader = as(tokenFor('reader', { a: 'viewer' }));
    const codes = await Promise.all(
      ['namespaces/a/runs/1', 'namespaces/b/runs/1'].map((name) => codeOf(evaluation.watchRun({ name }, reader))),
    );
    expect(codes).toEqual(['OK', 'PERMISSION_DENIED']);
    expect(handled).toMatchObject([{ rpc: 'watchRun', current: 'reader' }]);
  });

  it('that is cancelled while its caller is looked up never begins', async () => {
    const { id, secret } = generateApiToken();
    const found = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const find = tokens.find.bind(tokens);
    tokens.find = async (wanted) => {
      if (wanted !== id) return find(wanted);
      asked.resolve();
      await found.promise;
      const principal = { subject: 'slow', method: 'token', roles: { '*': 'admin' } } as const;
      return { secretHash: hashSecret(secret), principal, expires: undefined, revoked: false };
    };
    const call = inference.streamFrames(as(formatApiToken({ id, secret })));
    const code = codeOf(call);
    await asked.promise;
    call.cancel();
    expect(await code).toBe('CANCELLED');
    // One more round trip, so that the cancel has arrived.
    await getDataset(as(tokenFor('reader', { a: 'viewer' })));
    found.resolve();
    await getDataset(as(tokenFor('reader', { a: 'viewer' })));
    expect(handled.map(({ rpc }) => rpc)).toEqual(['getDataset', 'getDataset']);
  });
});

it('health answers everybody', async () => {
  const { makeGenericClientConstructor } = await import('@grpc/grpc-js');
  const client = new (makeGenericClientConstructor(healthService, 'Health'))(address, credentials.createInsecure());
  const answer = await new Promise<{ status: string }>((resolve, reject) =>
    client['check']({ service: '' }, (error: ServiceError | null, response: { status: string }) =>
      error ? reject(error) : resolve(response),
    ),
  );
  client.close();
  expect(answer.status).toBe('SERVING');
});

it('a service with an RPC that nobody made a rule for does not start', () => {
  const { getDataset: _without, ...rest } = policies[EVALUATION];
  expect(() => new PolicyTable({ [EVALUATION]: EvaluationServiceService }, { [EVALUATION]: rest })).toThrow(
    `${EVALUATION}/getDataset has no policy`,
  );
});

it('a method in no table is for nobody, but for those who may do everything', () => {
  const table = new PolicyTable({}, {});
  expect(table.of('/some.other.Service/Do')).toBeUndefined();
  expect(table.of('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo')).toBe('authenticated');
  expect(table.of('/grpc.health.v1.HealthX/Check')).toBeUndefined();
});
