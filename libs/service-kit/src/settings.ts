import { DomainError } from '@resmask/errors';
import type { z } from 'zod';

/** One environment variable a service reads. */
export interface Setting<T> {
  readonly variable: string;
  /** From the variable's text; its default applies when the variable is unset or empty. */
  readonly schema: z.ZodType<T>;
  /** What may be written there, for people, e.g. `a whole number from 1 to 64`. */
  readonly allowed: string;
  /** What it does, for people. */
  readonly purpose: string;
  /** Never repeat its value, not even in an error. */
  readonly secret?: boolean;
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The typed values of a set of settings. */
export type Config<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/**
 * Reads every setting once.
 * @throws DomainError CONFIG_INVALID that names, for each bad one, the variable, its value and what is allowed.
 */
export function readConfig<S extends Settings>(settings: S, environment: NodeJS.ProcessEnv): Config<S> {
  const values: Record<string, unknown> = {};
  const violations = [];
  for (const [key, { variable, schema, allowed, secret }] of Object.entries(settings)) {
    const text = environment[variable] === '' ? undefined : environment[variable];
    const { success, data } = schema.safeParse(text);
    if (success) {
      values[key] = data;
    } else {
      const got =
        text === undefined ? 'it is not set' : `it is ${secret ? 'not of the right form' : JSON.stringify(text)}`;
      violations.push({ field: variable, description: `${got}; allowed is ${allowed}` });
    }
  }
  if (violations.length === 0) return values as Config<S>;
  const list = violations.map(({ field, description }) => `${field}: ${description}`).join('\n  ');
  throw new DomainError('CONFIG_INVALID', `the configuration is not valid:\n  ${list}`, { violations });
}
