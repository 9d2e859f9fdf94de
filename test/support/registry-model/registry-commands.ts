import { type RegistryClient, ResmaskError } from '@resmask/client';
import { CreateModelRequest, Task } from '@resmask/contracts/registry.v1';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { RegistryCalls } from '../registry-calls.js';
import type { ExpectedRegistry, Outcome } from './expected-registry.js';
import { expectedView, observedView } from './observed-registry.js';
import { perform, type RegistryCall } from './registry-call.js';
import { ALIASES, type Intent, intents, toCall } from './registry-intent.js';

/** The real registry, by both of its clients. */
export interface RealRegistry {
  readonly client: RegistryClient;
  readonly calls: RegistryCalls;
}

export function registryCommands(maxCommands: number) {
  return fc.commands([intents().map((intent) => new RegistryCommand(intent))], { maxCommands, size: 'max' });
}

/** Two models with versions, so that most commands find something to change. */
export async function prepare(expected: ExpectedRegistry, real: RealRegistry): Promise<void> {
  for (const modelId of ['a', 'b']) {
    const request = { parent: expected.parent, modelId, model: { task: Task.TASK_EXPRESSION } };
    await callBoth({ method: 'CreateModel', request: CreateModelRequest.fromPartial(request) }, expected, real);
    const parent = `${expected.parent}/models/${modelId}`;
    for (const seed of [1, 2, 3])
      await callBoth({ method: 'UploadModelVersion', request: { parent, seed, requestId: '' } }, expected, real);
  }
}

/** An intent, carried out. */
class RegistryCommand implements fc.AsyncCommand<ExpectedRegistry, RealRegistry> {
  #call: RegistryCall | undefined;

  constructor(readonly intent: Intent) {}

  check({ made }: Readonly<ExpectedRegistry>): boolean {
    return this.intent.method !== 'repeat' || made.length > 0;
  }

  async run(expected: ExpectedRegistry, real: RealRegistry): Promise<void> {
    this.#call = toCall(this.intent, expected);
    await callBoth(this.#call, expected, real);
  }

  toString(): string {
    return this.#call ? `${this.#call.method}(${JSON.stringify(this.#call.request)})` : JSON.stringify(this.intent);
  }
}

/** Makes one call at both registries, and compares everything they tell afterwards. */
async function callBoth(
  call: RegistryCall,
  expected: ExpectedRegistry,
  { client, calls }: RealRegistry,
): Promise<void> {
  const outcome = expected.apply(call);
  const answer = await perform(client, calls, call).catch(refusal);
  compare(outcome, answer);
  if (outcome.kind === 'done') expected.answered(call, answer);
  expect(await observedView(client, expected.parent, ALIASES)).toEqual(expectedView(expected.state, ALIASES));
}

function refusal(error: unknown): ResmaskError {
  if (error instanceof ResmaskError) return error;
  throw error;
}

function compare(outcome: Outcome, answer: unknown): void {
  if (outcome.kind === 'refused') expect(answer).toMatchObject({ reason: outcome.reason });
  else expect(answer).not.toBeInstanceOf(ResmaskError);
  if (outcome.kind === 'repeated') expect(answer).toEqual(outcome.answer);
}
