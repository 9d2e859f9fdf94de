import { readFileSync } from 'node:fs';
import type { DescMethod } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { TestService } from '../test-service.js';
import { RawCall, rawCall } from './raw-call.js';
import type { Vocabulary } from './text-values.js';
import { damagedMessage } from './wire-message.js';

/** A service never answers with these, whatever it is sent. */
const FORBIDDEN = ['INTERNAL', 'UNKNOWN', 'UNIMPLEMENTED', 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'DATA_LOSS'];
const MAX_GROWTH_MIB = 256;
/** Calls before memory is measured: what is loaded and compiled once is no growth. */
const WARM_UP_CALLS = 50;
const MAX_MESSAGES = 5;

export interface FuzzOptions {
  readonly service: TestService;
  readonly methods: readonly DescMethod[];
  readonly vocabulary: Vocabulary;
  readonly calls: number;
  /** Calls that a descriptor alone would hardly ever make. */
  readonly special?: readonly fc.Arbitrary<RawCall>[];
  /** Codes that are no wonder here, though others never answer with them. */
  readonly allowed?: readonly string[];
}

/** How often each method ended with each code. */
export type Outcomes = Record<string, Record<string, number>>;

/** Calls methods with random messages. Fails on the first answer that no client should ever see, on a crash, and on memory kept. */
export async function fuzzService(options: FuzzOptions): Promise<Outcomes> {
  const { service, methods, vocabulary, special = [], allowed = [], calls } = options;
  const client = new Client(service.address, credentials.createInsecure());
  const outcomes: Outcomes = {};
  const act = async (call: RawCall): Promise<void> => {
    const { code, details } = await rawCall(client, call);
    const { name } = call.method;
    outcomes[name] = { ...outcomes[name], [code]: (outcomes[name]?.[code] ?? 0) + 1 };
    if (!allowed.includes(code)) expect(FORBIDDEN, `${call}: ${details}`).not.toContain(code);
    expect(service.alive).toBe(true);
  };
  const every = methods.map((method) => randomCall(method, vocabulary));
  const property = fc.asyncProperty(fc.oneof(...every, ...special), act);
  try {
    await fc.assert(property, { numRuns: WARM_UP_CALLS, endOnFailure: true });
    const before = residentMiB(service.pid);
    await fc.assert(property, { numRuns: calls, endOnFailure: false });
    expect(residentMiB(service.pid) - before).toBeLessThan(MAX_GROWTH_MIB);
  } finally {
    client.close();
  }
  return outcomes;
}

function randomCall(method: DescMethod, vocabulary: Vocabulary): fc.Arbitrary<RawCall> {
  const message = damagedMessage(method.input, vocabulary);
  const streams = method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming';
  const messages = streams ? fc.array(message, { maxLength: MAX_MESSAGES }) : fc.tuple(message);
  return messages.map((list) => new RawCall(method, list));
}

function residentMiB(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
