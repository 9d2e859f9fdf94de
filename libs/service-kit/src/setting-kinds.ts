import { z } from 'zod';
import type { Setting } from './settings.js';

/** A whole number within bounds. */
export function integerSetting(
  variable: string,
  purpose: string,
  bounds: { min: number; max: number; default: number },
): Setting<number> {
  return {
    variable,
    purpose,
    allowed: `a whole number from ${bounds.min} to ${bounds.max} (default ${bounds.default})`,
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

const ADDRESS = /^(\[[0-9a-f:]+\]|[^:\s]+):(\d{1,5})$/i;

/** `host:port`. */
export function addressSetting(variable: string, purpose: string, fallback: string): Setting<string> {
  return {
    variable,
    purpose,
    allowed: `host:port (default ${fallback})`,
    schema: z
      .string()
      .refine((text) => Number(ADDRESS.exec(text)?.[2] ?? Number.NaN) <= 65535)
      .default(fallback),
  };
}

/** A PostgreSQL URL; it may hold a password, so it is never repeated. */
export function databaseUrlSetting(variable: string, purpose: string): Setting<string> {
  return {
    variable,
    purpose,
    secret: true,
    allowed: 'a PostgreSQL URL, postgresql://user:password@host:port/database',
    schema: z.string().regex(/^postgres(ql)?:\/\/\S+$/),
  };
}
