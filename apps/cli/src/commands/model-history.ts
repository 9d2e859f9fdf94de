import { type AliasEvent, AliasEvent_Kind } from '@resmask/client';
import type { Command } from 'commander';
import { action, type Context } from '../context.js';
import { shorten, table } from '../terminal/output.js';
import { canaryText, canaryView, isoTime, minute, versionNumber } from '../views.js';

type AliasChange = ReturnType<typeof changeView>;

/** What an alias has pointed at, and its canaries and shadows. */
export function addHistoryCommand(models: Command): void {
  models
    .command('history')
    .argument('<model>')
    .description('every change of an alias, oldest first, like a ledger')
    .option('--alias <alias>', 'the alias', 'production')
    .action(action(history));
}

async function history(
  { output, registry, parent }: Context,
  { alias }: { alias: string },
  model: string,
): Promise<void> {
  const name = `${parent}/models/${model}/aliases/${alias}`;
  const changes = (await Array.fromAsync(registry.listAliasEvents(name))).reverse().map(changeView);
  output.result(changes, () =>
    changes.length === 0 ? `${model}@${alias} has never pointed at anything` : ledger(changes),
  );
}

/** With what it has beside its version since then, where it ever had any of it. */
function ledger(changes: readonly AliasChange[]): string {
  const hasTraffic = changes.some(({ kind }) => kind === 'traffic');
  const [whoWidth, whyWidth] = hasTraffic ? [16, 20] : [Number.POSITIVE_INFINITY, 40];
  return table(
    ['WHEN', 'WHAT', 'FROM', 'TO', ...(hasTraffic ? ['CANARY', 'SHADOW'] : []), 'WHO', 'WHY'],
    changes.map(({ time, kind, from, to, canary, shadowVersion, actor, reason }) => [
      minute(time),
      kind,
      from ?? '-',
      to ?? '-',
      ...(hasTraffic ? [canary ? canaryText(canary) : '-', shadowVersion ?? '-'] : []),
      shorten(actor, whoWidth),
      shorten(reason, whyWidth),
    ]),
  );
}

function changeView(event: AliasEvent) {
  const { kind, oldVersion, newVersion, oldCanary, newCanary, actor, reason, createTime } = event;
  return {
    time: isoTime(createTime),
    kind: AliasEvent_Kind[kind].replace('KIND_', '').toLowerCase(),
    from: versionNumber(oldVersion),
    to: versionNumber(newVersion),
    oldCanary: oldCanary && canaryView(oldCanary),
    canary: newCanary && canaryView(newCanary),
    oldShadowVersion: versionNumber(event.oldShadowVersion),
    shadowVersion: versionNumber(event.newShadowVersion),
    actor,
    reason,
  };
}
