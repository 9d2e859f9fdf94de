import { z } from 'zod';
import type { Setting } from './settings.js';

/** A whole number within bounds. */
export function integerSetting(
  variable: string,
  purpose: string,
  bounds: {
    min: number;
    max: number;
    default: number /** What the default is, where the machine decides. */;
    defaultIs?: string;
  },
): Setting<number> {
  return {
    variable,
    purpose,
    allowed: `a whole number from ${bounds.min} to ${bounds.max} (default ${bounds.defaultIs ?? bounds.default})`,
    schema: z.coerce.number().int().min(bounds.min).max(bounds.max).default(bounds.default),
  };
}

/** One of a few words. */
export function choiceSetting<const Words extends readonly [string, ...string[]]>(
  variable: string,
  purpose: string,
  words: Words,
  fallback: Words[number],
): Setting<Words[number]> {
  return {
    variable,
    purpose,
    allowed: `${words.join(', ')} (default ${fallback})`,
    schema: z.enum(words).default(fallback as never) as unknown as z.ZodType<Words[number]>,
  };
}

/** Text that is not empty. */
export function textSetting(variable: string, purpose: string, allowed: string, fallback?: string): Setting<string> {
  const schema = z.string().min(1);
  return fallback === undefined
    ? { variable, purpose, allowed, schema }
    : { variable, purpose, allowed: `${allowed} (default ${fallback})`, schema: schema.default(fallback) };
}

/** Text that may be left out. */
export function optionalSetting(variable: string, purpose: string, allowed: string): Setting<string | undefined> {
  return { variable, purpose, allowed, schema: z.string().min(1).optional() };
}

/** Some of a few words, separated by commas. */
export function listSetting<const Words extends readonly [string, ...string[]]>(
  variable: string,
  purpose: string,
  words: Words,
  fallback: readonly Words[number][],
): Setting<readonly Words[number][]> {
  const schema = z
    .string()
    .transform((text) => text.split(',').map((word) => word.trim()))
    .pipe(z.array(z.enum(words)).min(1))
    .default([...fallback] as never);
  return {
    variable,
    purpose,
    allowed: `some of ${words.join(', ')}, separated by commas (default ${fallback.join(',')})`,
    schema: schema as unknown as z.ZodType<readonly Words[number][]>,
  };
}

const ADDRESS = /^(\[[0-9a-f:]+\]|[^:\s]+):(\d{1,5})$/i;

function isAddress(text: string): boolean {
  return Number(ADDRESS.exec(text)?.[2] ?? Number.NaN) <= 65535;
}

/** `host:port`. */
export function addressSetting(variable: string, purpose: string, fallback: string): Setting<string> {
  return {
    variable,
    purpose,
    allowed: `host:port (default ${fallback})`,
    schema: z.string().refine(isAddress).default(fallback),
  };
}

/** `host:port`, or `off`, which is the default. */
export function switchedAddressSetting(variable: string, purpose: string): Setting<string> {
  const schema = z
    .string()
    .refine((text) => text === 'off' || isAddress(text))
    .default('off');
  return { variable, purpose, allowed: 'off, or host:port (default off)', schema };
}

const databaseUrl = z.string().regex(/^postgres(ql)?:\/\/\S+$/);
const DATABASE_URL_FORM = 'a PostgreSQL URL, postgresql://user:password@host:port/database';

/** The databases of a service. They may hold passwords, so they are never repeated. */
export function databaseSettings() {
  return {
    databaseUrl: {
      variable: 'DATABASE_URL',
      purpose: 'the PostgreSQL database; a transaction pooler may stand before it',
      secret: true,
      allowed: DATABASE_URL_FORM,
      schema: databaseUrl,
    } satisfies Setting<string>,
    databaseDirectUrl: {
      variable: 'DATABASE_DIRECT_URL',
      purpose: 'the same database past any pooler, for migrations and the job queue; DATABASE_URL if unset',
      secret: true,
      allowed: DATABASE_URL_FORM,
      schema: databaseUrl.optional(),
    } satisfies Setting<string | undefined>,
    migrate: choiceSetting(
      'RESMASK_MIGRATE',
      'whether the service brings its schema up to date when it starts',
      ['on-start', 'never'],
      'never',
    ),
    poolSize: integerSetting('RESMASK_DATABASE_POOL', 'database connections this process opens at most', {
      min: 1,
      max: 200,
      default: 10,
    }),
  };
}
