import type { Command } from 'commander';
import { action, type Context } from '../context.js';
import { ExitCode } from '../exit-code.js';
import { table } from '../terminal/output.js';
import { checkHealth } from '../up/check-health.js';

export function addStatusCommand(program: Command): void {
  program.command('status').description('health of the three services; fails unless all serve').action(action(status));
}

async function status({ output, options, connection }: Context): Promise<void> {
  const services = { inference: options.inference, registry: options.registry, evaluation: options.evaluation };
  const rows = await Promise.all(
    Object.entries(services).map(async ([service, address]) => ({
      service,
      address,
      health: await checkHealth(address, connection),
    })),
  );
  output.result(rows, () =>
    table(
      ['SERVICE', 'ADDRESS', 'HEALTH'],
      rows.map(({ service, address, health }) => [service, address, health]),
    ),
  );
  if (rows.some(({ health }) => health !== 'SERVING')) throw new ExitCode(1);
}
