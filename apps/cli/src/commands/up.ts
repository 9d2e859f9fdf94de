import { once } from 'node:events';
import { RegistryClient } from '@resmask/client';
import { type Command, InvalidArgumentError } from 'commander';
import { action, type Context } from '../context.js';
import { fields } from '../terminal/output.js';
import { Platform } from '../up/platform.js';
import { registerShippedModels } from '../up/shipped-models.js';
import { defaultStateFolder } from '../up/state-folder.js';

interface UpOptions {
  readonly state: string;
  readonly host: string;
  readonly ports: readonly [number, number, number];
}

const DEFAULT_PORTS = [50051, 50052, 50053] as const;

export function addUpCommand(program: Command): void {
  program
    .command('up')
    .description('run PostgreSQL and the three services on this machine until Ctrl-C')
    .option(
      '--state <folder>',
      'where everything that lasts is kept (also RESMASK_HOME)',
      defaultStateFolder(process.env),
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(
      '--ports <list>',
      'ports of inference, registry and evaluation, or 0 for free ones',
      parsePorts,
      DEFAULT_PORTS,
    )
    .action(action(up));
}

async function up(context: Context, { state, host, ports }: UpOptions): Promise<void> {
  const { output } = context;
  const [inference, registry, evaluation] = ports.map((port) => `${host}:${port}`);
  const platform = await Platform.start({
    folder: state,
    listen: { registry, inference, evaluation },
    databaseUrl: process.env['DATABASE_URL'] || undefined,
    tell: (text) => output.note(text),
  });
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  try {
    await publishShipped(platform, context);
    const endpoints = {
      inference: platform.address('inference'),
      registry: platform.address('registry'),
      evaluation: platform.address('evaluation'),
    };
    output.line({ ...endpoints, state }, () => welcome(endpoints, state));
    await stopped;
    output.note('stopping …');
  } finally {
    await platform.stop();
  }
}

async function publishShipped(platform: Platform, { connection, output, parent }: Context): Promise<void> {
  const registry = new RegistryClient(platform.address('registry'), connection);
  try {
    for (const name of await registerShippedModels(registry, parent)) output.note(`published and promoted ${name}`);
  } finally {
    registry.close();
  }
}

function welcome(endpoints: Readonly<Record<string, string>>, state: string): string {
  return [
    fields([...Object.entries(endpoints), ['state and logs', state]]),
    '',
    'try, in another terminal:',
    '  npx resmask status',
    '  npx resmask models list',
    '  npx resmask recognize node_modules/@vladmandic/face-api/demo/sample1.jpg',
    '  npx resmask stream node_modules/@vladmandic/face-api/demo',
    '',
    'Ctrl-C stops everything.',
  ].join('\n');
}

function parsePorts(text: string): readonly number[] {
  const ports = text === '0' ? [0, 0, 0] : text.split(',').map(Number);
  const valid = ports.length === 3 && ports.every((port) => Number.isInteger(port) && port >= 0 && port <= 65535);
  if (!valid) throw new InvalidArgumentError('three ports separated by commas, or 0, are needed.');
  return ports;
}
