import type { InferParameter } from '@resmask/contracts/open-inference';
import { type DomainError, invalidField } from '@resmask/errors';

type Parameters = Readonly<Record<string, InferParameter>>;
type Choice = NonNullable<InferParameter['parameterChoice']>['$case'];

/** What a request's parameters ask for. */
export interface RequestOptions {
  /** Longest wait for a session in microseconds; 0 for any. */
  readonly timeoutUs: number;
  /** The client's own parameters, which come back with the answer. */
  readonly own: Record<string, InferParameter>;
}

/** Keys with a meaning in the protocol, and the types they may have; most mean nothing to models that keep no state. */
const RESERVED: Readonly<Record<string, readonly Choice[] | 'any'>> = {
  sequence_id: ['int64Param', 'uint64Param', 'stringParam'],
  sequence_start: ['boolParam'],
  sequence_end: ['boolParam'],
  priority: ['int64Param', 'uint64Param'],
  timeout: ['int64Param', 'uint64Param'],
  headers: 'any',
  binary_data_output: 'any',
  triton_enable_empty_final_response: ['boolParam'],
};
const RESERVED_PREFIX = 'triton_';
const MAX_TIMEOUT_US = 3_600_000_000;

/** @throws DomainError FIELD_INVALID for a reserved key of the wrong type, an unknown one, or a timeout out of range. */
export function readRequestParameters(parameters: Parameters): RequestOptions {
  const own: Record<string, InferParameter> = {};
  for (const [key, value] of Object.entries(parameters)) {
    const types = Object.hasOwn(RESERVED, key) ? RESERVED[key] : undefined;
    if (types) checkType(key, value, types);
    else if (key.startsWith(RESERVED_PREFIX)) throw reserved(key);
    else own[key] = value;
  }
  return { timeoutUs: toTimeout(parameters['timeout']), own };
}

function checkType(key: string, { parameterChoice }: InferParameter, types: readonly Choice[] | 'any'): void {
  if (types === 'any' || (parameterChoice && types.includes(parameterChoice.$case))) return;
  const got = parameterChoice ? parameterChoice.$case : 'nothing';
  throw invalidField(`parameters["${key}"]`, `got ${snakeCase(got)}; allowed are ${types.map(snakeCase).join(', ')}`);
}

function toTimeout(parameter: InferParameter | undefined): number {
  const timeout = Number(parameter?.parameterChoice?.value ?? 0);
  if (timeout >= 0 && timeout <= MAX_TIMEOUT_US) return timeout;
  const allowed = `0 (none) to ${MAX_TIMEOUT_US} microseconds`;
  throw invalidField('parameters["timeout"]', `got ${timeout}; allowed are ${allowed}`);
}

function reserved(key: string): DomainError {
  const known = Object.keys(RESERVED).filter((name) => name.startsWith(RESERVED_PREFIX));
  const description = `keys that begin with "${RESERVED_PREFIX}" are reserved; known are ${known.join(', ')}`;
  return invalidField(`parameters["${key}"]`, description);
}

function snakeCase(choice: string): string {
  return choice.replace('Param', '_param');
}
