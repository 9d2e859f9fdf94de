import { setTimeout as delay } from 'node:timers/promises';
import type { ServerDuplexStream, ServerReadableStream, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { Controller, Module } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import { EvaluationClient, InferenceClient } from '@resmask/client';
import {
  Dataset,
  EvaluationServiceService,
  type ImportDatasetRequest,
  ImportDatasetResponse,
  type WatchRunRequest,
  WatchRunResponse,
} from '@resmask/contracts/evaluation.v1alpha1';
import {
  InferenceServiceService,
  type StreamFramesRequest,
  StreamFramesResponse,
} from '@resmask/contracts/inference.v1';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CallErrors } from '../call-errors.js';
import { Drain } from '../drain.js';
import { Readiness } from '../readiness.js';
import { ServiceLog } from '../service-log.js';
import { serviceSettings } from '../service-settings.js';
import { readConfig } from '../settings.js';
import { type RunningService, startService } from '../start-service.js';
import { messagesOf, Streams, writeMessage } from '../streams.js';
import { startTelemetry } from '../telemetry.js';
import { formatApiToken, generateApiToken, hashSecret } from './api-token.js';
import { currentPrincipal, principalOf } from './current-principal.js';
import { MemoryTokenSource } from './memory-token-source.js';
import type { RoleTable } from './principal.js';
import type { AnyServicePolicy } from './service-policy.js';

const NAME = 'namespaces/default/datasets/d';

/** Whose call it is by both ways of asking, after the handler has waited for something. */
async function whose(call?: Parameters<typeof principalOf>[0]): Promise<string> {
  await delay(2);
  const subject = currentPrincipal().subject;
  if (call) expect(principalOf(call).subject).toBe(subject);
  return subject;
}

class WhoseController {
  readonly streams = new Streams(drain, errors);

  async get(): Promise<Dataset> {
    return Dataset.fromPartial({ name: await whose() });
  }

  watch(_request: WatchRunRequest, _metadata: unknown, call: ServerWritableStream<WatchRunRequest, WatchRunResponse>) {
    async function* runs(): AsyncGenerator<WatchRunResponse> {
      for (let i = 0; i < 2; i += 1) yield WatchRunResponse.fromPartial({ run: { name: await whose(call) } });
    }
    return this.streams.emit(call, runs());
  }

  import(
    call: ServerReadableStream<ImportDatasetRequest, ImportDatasetResponse>,
    answer: sendUnaryData<ImportDatasetResponse>,
  ): void {
    this.streams.collect(call, answer, async () => {
      for await (const _message of messagesOf(call)) await whose(call);
      return ImportDatasetResponse.fromPartial({ dataset: { name: await whose(call) } });
    });
  }

  frames(call: ServerDuplexStream<StreamFramesRequest, StreamFramesResponse>): void {
    this.streams.duplex(call, async () => {
      for await (const { message } of messagesOf(call)) {
        const model = await whose(call);
        if (message?.$case === 'config')
          await writeMessage(
            call,
            StreamFramesResponse.fromPartial({ message: { $case: 'accepted', value: { model } } }),
          );
      }
    });
  }
}

class WhoseModule {}

// Decorators are functions; specs are run without a compiler that knows their syntax.
const HANDLERS = {
  get: GrpcMethod('EvaluationService', 'getDataset'),
  watch: GrpcMethod('EvaluationService', 'watchRun'),
  import: GrpcStreamCall('EvaluationService', 'importDataset'),
  frames: GrpcStreamCall('InferenceService', 'streamFrames'),
};
for (const [method, decorate] of Object.entries(HANDLERS))
  decorate(WhoseController.prototype, method, Object.getOwnPropertyDescriptor(WhoseController.prototype, method)!);
Controller()(WhoseController);
Module({ controllers: [WhoseController] })(WhoseModule);

const logger = pino({ level: 'silent' });
const drain = new Drain();
const errors = new CallErrors(logger);
const services = {
  'resmask.evaluation.v1alpha1.EvaluationService': EvaluationServiceService,
  'resmask.inference.v1.InferenceService': InferenceServiceService,
};
const policies = Object.fromEntries(
  Object.entries(services).map(([service, methods]): [string, AnyServicePolicy] => [
    service,
    Object.fromEntries(Object.keys(methods).map((rpc) => [rpc, { role: 'viewer', on: () => NAME }])),
  ]),
);
let service: RunningService;
const tokens = new MemoryTokenSource();

beforeAll(async () => {
  service = await startService({
    module: WhoseModule,
    services,
    policies,
    tokenSources: [tokens],
    config: readConfig(serviceSettings('127.0.0.1:0'), { RESMASK_AUTH: 'required' }),
    log: new ServiceLog(logger),
    errors,
    drain,
    readiness: new Readiness(true),
    telemetry: await startTelemetry('test', {}),
  });
});
afterAll(() => service.close());

it.each<RoleTable>([{ default: 'viewer' }, { '*': 'viewer' }])(
  'a Nest handler of any kind knows whose call it is, whoever else calls at the time: %j',
  async (roles) => {
    const answers = await Promise.all(
      ['alice', 'bob', 'carol'].map(async (subject) => {
        const { id, secret } = generateApiToken();
        const principal = { subject, method: 'token', roles } as const;
        tokens.set(id, { secretHash: hashSecret(secret), principal, expires: undefined, revoked: false });
        const options = { token: formatApiToken({ id, secret }) };
        const evaluation = new EvaluationClient(`127.0.0.1:${service.port}`, options);
        const inference = new InferenceClient(`127.0.0.1:${service.port}`, options);
        async function* bytes(): AsyncGenerator<Uint8Array> {
          for (let i = 0; i < 3; i += 1) yield new Uint8Array(10);
        }
        async function* frames(): AsyncGenerator<never> {}
        const got = [
          (await evaluation.getDataset(NAME)).name,
          ...(await Array.fromAsync(evaluation.watchRun(NAME))).map(({ name }) => name),
          (await evaluation.importDataset('namespaces/default', 'd', 1, bytes())).dataset?.name,
          ...(await Array.fromAsync(inference.streamFrames({}, frames()))).map((answer) =>
            answer.$case === 'accepted' ? answer.value.model : answer.$case,
          ),
        ];
        evaluation.close();
        inference.close();
        return got;
      }),
    );
    expect(answers).toEqual(['alice', 'bob', 'carol'].map((subject) => Array(5).fill(subject)));
  },
);

it('there is none outside of a call', () => {
  expect(() => currentPrincipal()).toThrow(TypeError);
});
