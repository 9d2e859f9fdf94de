import type { Event } from '@resmask/client';
import type { Command } from 'commander';
import { action, type Context } from '../context.js';
import { eventView } from '../views.js';

interface EventOptions {
  readonly model?: string;
  readonly follow?: boolean;
}

export function addEventCommands(program: Command): void {
  program
    .command('events')
    .description(
      'every change of the registry: who, what, when, why; the audit log, and with --follow what happens now',
    )
    .option('--model <model>', 'only of this model')
    .option('--follow', 'stay and tell what happens')
    .action(action(events));
}

async function events({ output, registry, parent }: Context, { model, follow = false }: EventOptions): Promise<void> {
  const name = model === undefined ? '' : `${parent}/models/${model}`;
  const source = follow ? registry.watchEvents(parent, { model: name }) : registry.listEvents(parent, name);
  for await (const event of source) output.line(eventView(event), () => text(event));
}

function text(event: Event): string {
  const { number, time, method, resource, actor, before, after, reason } = eventView(event);
  const facts = [before, after].map((value) => (value ? JSON.stringify(value) : '')).filter((part) => part !== '');
  const why = reason === '' ? '' : `  (${reason})`;
  return `${String(number).padStart(6)}  ${time}  ${method.padEnd(20)} ${resource}  by ${actor}  ${facts.join(' → ')}${why}`;
}
