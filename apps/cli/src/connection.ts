import { readFileSync } from 'node:fs';
import type { ConnectOptions } from '@resmask/client';
import { DomainError } from '@resmask/errors';
import { type Command, Option } from 'commander';

/** Options that say how services are reached, and as whom. */
export interface ConnectionOptions {
  readonly token?: string;
  readonly plaintextToken: boolean;
  readonly tls: boolean;
  readonly ca?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

export function addConnectionOptions(program: Command, environment: NodeJS.ProcessEnv): void {
  const text = (flags: string, description: string, variable: string): void => {
    const option = new Option(flags, description);
    // The help shows the variable's name, never its value: it may be a secret.
    program.addOption(environment[variable] ? option.default(environment[variable], variable) : option);
  };
  const flag = (flags: string, description: string, variable: string, yes: string): void => {
    program.option(flags, `${description} (also ${variable}=${yes})`, environment[variable] === yes);
  };
  text(
    '--token <token>',
    'API token or JSON Web Token; better in RESMASK_TOKEN, which others cannot list',
    'RESMASK_TOKEN',
  );
  flag('--plaintext-token', 'send the token to other machines without TLS', 'RESMASK_PLAINTEXT_TOKEN', 'allow');
  flag('--tls', 'reach the services by TLS; any of the files below means it too', 'RESMASK_TLS', 'on');
  text('--ca <file>', 'PEM authorities to trust instead of the system’s (also RESMASK_CA)', 'RESMASK_CA');
  text('--client-cert <file>', 'PEM certificate to show (also RESMASK_CLIENT_CERT)', 'RESMASK_CLIENT_CERT');
  text('--client-key <file>', 'its PEM key (also RESMASK_CLIENT_KEY)', 'RESMASK_CLIENT_KEY');
}

/** @throws DomainError FILE_UNREADABLE. */
export function readConnection(options: ConnectionOptions): ConnectOptions {
  const { token, plaintextToken, tls, ca, clientCert, clientKey } = options;
  const files = { ca, cert: clientCert, key: clientKey };
  const wanted = tls || Object.values(files).some((path) => path !== undefined);
  return {
    ...(token !== undefined && { token }),
    ...(wanted && { tls: readFiles(files) }),
    plaintextToken,
  };
}

function readFiles(files: Readonly<Record<string, string | undefined>>): Record<string, Buffer> {
  const given = Object.entries(files).flatMap(([part, path]) => (path === undefined ? [] : [[part, read(path)]]));
  return Object.fromEntries(given);
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new DomainError('FILE_UNREADABLE', `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
