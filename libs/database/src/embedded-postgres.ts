import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '@resmask/errors';
import { Client } from 'pg';
import { freePort } from './free-port.js';
import { postgresBinaries } from './postgres-binaries.js';
import { firstClosedFolder, type ServerUser, serverUser } from './server-user.js';

export interface EmbeddedPostgresOptions {
  /** Holds everything: data, password and, where needed, a copy of the server. */
  readonly folder: string;
  /** Server parameters, e.g. `{ fsync: 'off' }` for tests that may lose everything. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Without it a free one is found. */
  readonly port?: number;
}

const SUPERUSER = 'postgres';
const DATABASE = 'resmask';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const PORT_TRIES = 5;

/**
 * A real PostgreSQL server in one folder, from npm. It listens on 127.0.0.1 with a generated password. A server that a killed
 * process left behind in the same folder is stopped first.
 */
export class EmbeddedPostgres {
  private constructor(
    readonly url: string,
    readonly process: ChildProcess,
  ) {}

  /** @throws DomainError TOOL_MISSING or FILE_UNREADABLE where a server cannot run, with what to do instead. */
  static async start({ folder, parameters = {}, port: wanted }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    await mkdir(folder, { recursive: true });
    const user = serverUser();
    const home = await serverHome(folder, user);
    const password = await passwordOf(folder);
    const data = join(folder, 'data');
    if (await exists(join(data, 'postmaster.pid'))) await stopLeftover(data, password);
    if (!(await exists(join(data, 'PG_VERSION')))) await initialise(home, data, password, user);
    for (let attempt = 1; ; attempt += 1) {
      const port = wanted ?? (await freePort());
      try {
        const server = await startServer(home, data, port, parameters, user);
        const postgres = new EmbeddedPostgres(urlOf(port, password, DATABASE), server);
        await createDatabase(urlOf(port, password, SUPERUSER));
        return postgres;
      } catch (error) {
        // Another process may have taken the port between finding and using it.
        if (attempt === PORT_TRIES || !String(error).includes('Address already in use')) throw error;
      }
    }
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Ends the server after its open transactions are rolled back; the data stays. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill('SIGINT');
    const cut = setTimeout(() => this.process.kill('SIGQUIT'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(cut);
  }
}

/** Where the server's programs can be run from: as root, its user may be unable to enter the package folder. */
async function serverHome(folder: string, user: ServerUser | undefined): Promise<string> {
  const binaries = postgresBinaries();
  if (!user) return binaries;
  const closed = firstClosedFolder(join(folder, 'data'));
  if (closed) {
    throw new DomainError(
      'FILE_UNREADABLE',
      `PostgreSQL cannot run as root; it runs as "${user.name}", who may not enter ${closed}. Choose a state folder below folders that others may pass through, such as /var/lib/resmask`,
    );
  }
  if (!firstClosedFolder(join(binaries, 'bin'))) return binaries;
  const copy = join(folder, 'server');
  if (!(await exists(join(copy, 'complete')))) {
    await rm(copy, { recursive: true, force: true });
    await cp(binaries, copy, { recursive: true, verbatimSymlinks: true });
    await writeFile(join(copy, 'complete'), '');
  }
  return copy;
}

async function passwordOf(folder: string): Promise<string> {
  const file = join(folder, 'password');
  if (!(await exists(file))) await writeFile(file, randomBytes(24).toString('hex'), { mode: 0o600 });
  return readFile(file, 'utf8');
}

async function initialise(home: string, data: string, password: string, user: ServerUser | undefined): Promise<void> {
  // What an interrupted initdb left is of no use.
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { mode: 0o700 });
  if (user) await chown(data, user.uid, user.gid);
  const passwordFile = join(data, '..', 'initdb-password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) await chown(passwordFile, user.uid, user.gid);
  const initdb = spawn(
    join(home, 'bin', 'initdb'),
    [
      `--pgdata=${data}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-locale',
    ],
    { ...identity(user), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output = collect(initdb);
  const [code] = await once(initdb, 'close');
  await rm(passwordFile, { force: true });
  if (code !== 0) throw new Error(`initdb ended with code ${code}:\n${output.text}`);
}

async function startServer(
  home: string,
  data: string,
  port: number,
  parameters: Readonly<Record<string, string>>,
  user: ServerUser | undefined,
): Promise<ChildProcess> {
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(port), ...parameters };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  // Its own process group: Ctrl-C on the terminal must not stop the database before the services that use it.
  const options = { ...identity(user), detached: true, stdio: ['ignore', 'pipe', 'pipe'] as const };
  const server = spawn(join(home, 'bin', 'postgres'), ['-D', data, ...flags], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(server);
  await new Promise<void>((resolve, reject) => {
    const failed = (): void => reject(new Error(`the PostgreSQL server did not start:\n${output.text}`));
    const timer = setTimeout(failed, START_TIMEOUT_MS);
    server.once('exit', failed);
    server.once('error', failed);
    output.onText = (text) => {
      if (!text.includes('ready to accept connections')) return;
      clearTimeout(timer);
      server.off('exit', failed);
      resolve();
    };
  });
  return server;
}

/** Stops the server a killed process left behind, known by its port, our password and the data folder it serves. */
async function stopLeftover(data: string, password: string): Promise<void> {
  const [pid, , , port] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
  const client = new Client({
    connectionString: urlOf(Number(port), password, SUPERUSER),
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query('SHOW data_directory');
    if (rows[0].data_directory !== data) return;
  } catch {
    // Nobody answers there: the file is stale, and PostgreSQL itself checks it at start.
    return;
  } finally {
    await client.end().catch(() => {});
  }
  process.kill(Number(pid), 'SIGINT');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (Date.now() < deadline && (await exists(join(data, 'postmaster.pid')))) await delay(50);
}

async function createDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function urlOf(port: number, password: string, database: string): string {
  return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;
}

function identity(user: ServerUser | undefined): { uid?: number; gid?: number } {
  return user ? { uid: user.uid, gid: user.gid } : {};
}

interface Collected {
  text: string;
  onText: (text: string) => void;
}

/** Reads a process's output to its end, so that it never blocks, and keeps the last part for error messages. */
function collect(child: ChildProcess): Collected {
  const collected: Collected = { text: '', onText: () => {} };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      collected.text = (collected.text + text).slice(-4000);
      collected.onText(text);
    });
  }
  return collected;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
