import { z } from 'zod';
import { ROLES } from './role.js';

/** What a role table may look like, for people. */
export const ROLE_TABLE_FORM = `an object of a namespace's id, or * for all, to one of ${ROLES.join(', ')}`;

/** Reads a role table that came from outside: a file or a token's claim. */
export const roleTableSchema = z.record(z.string().regex(/^(\*|[a-z0-9][a-z0-9._-]{0,62})$/), z.enum(ROLES));
