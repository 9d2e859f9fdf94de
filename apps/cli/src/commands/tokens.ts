import { formatApiToken, generateApiToken, hashSecret } from '@resmask/service-kit/api-token';
import { ROLE_TABLE_FORM, roleTableSchema } from '@resmask/service-kit/role-table';
import { type Command, InvalidArgumentError } from 'commander';
import { action, type Context } from '../context.js';

interface GenerateOptions {
  readonly role: Readonly<Record<string, string>>;
  readonly expires?: Date;
}

export function addTokenCommands(program: Command): void {
  const tokens = program.command('tokens').description('API tokens');
  tokens
    .command('generate')
    .argument('<subject>', 'whom it is for; the audit log names them so')
    .description('make a token here, and the entry of RESMASK_PRINCIPALS that lets it in')
    .requiredOption('--role <namespace=role>', 'what it may do where, * being everywhere; may be repeated', addRole)
    .option('--expires <time>', 'when it ends, e.g. 2027-01-31 or 2027-01-31T12:00:00Z; never by default', parseTime)
    .action(action(generate));
}

async function generate({ output }: Context, { role, expires }: GenerateOptions, subject: string): Promise<void> {
  const token = generateApiToken();
  const entry = {
    id: token.id,
    secretSha256: hashSecret(token.secret).toString('hex'),
    subject,
    roles: role,
    ...(expires && { expires: expires.toISOString() }),
  };
  const text = formatApiToken(token);
  output.result({ token: text, entry }, () =>
    [
      `token, shown this once: ${text}`,
      '',
      'entry for "tokens" in the file of RESMASK_PRINCIPALS:',
      JSON.stringify(entry, undefined, 2),
    ].join('\n'),
  );
}

function addRole(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [namespace, role, ...rest] = text.split('=');
  const roles = { ...before, [namespace]: role };
  const valid = rest.length === 0 && !Object.hasOwn(before, namespace) && roleTableSchema.safeParse(roles).success;
  if (!valid) throw new InvalidArgumentError(`namespace=role is needed, each namespace once: ${ROLE_TABLE_FORM}.`);
  return roles;
}

function parseTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('a date or time of ISO 8601 is needed.');
  return time;
}
