import { randomUUID } from 'node:crypto';
import type { AliasTraffic } from '@resmask/client';
import type { Command } from 'commander';
import { action, type Context } from '../context.js';
import { parsePercent } from '../models/parse-percent.js';
import { parseVersion } from '../models/parse-version.js';
import { aliasView } from '../views.js';
import { WrongUse } from '../wrong-use.js';

interface TrafficOptions {
  readonly alias: string;
  readonly clear?: boolean;
  readonly reason: string;
}

interface CanaryOptions extends TrafficOptions {
  readonly percent?: number;
}

/** Versions that an alias has beside the one it points at: one that serves some streams, one that is only compared. */
export function addTrafficCommands(models: Command): void {
  models
    .command('canary')
    .argument('<model>')
    .argument('[version]', 'number of the version', parseVersion)
    .description('let a version serve part of the streams of an alias; "promote" ends that, --clear takes it back')
    .option('--percent <number>', 'which part, from 1 to 99', parsePercent)
    .option('--alias <alias>', 'the alias', 'production')
    .option('--clear', 'no canary any more')
    .option('--reason <text>', 'why; kept in the history', '')
    .action(action(canary));
  models
    .command('shadow')
    .argument('<model>')
    .argument('[version]', 'number of the version', parseVersion)
    .description('give a version the same frames as an alias; its answers are compared and never sent')
    .option('--alias <alias>', 'the alias', 'production')
    .option('--clear', 'no shadow any more')
    .option('--reason <text>', 'why; kept in the history', '')
    .action(action(shadow));
}

async function canary(context: Context, options: CanaryOptions, model: string, version?: number): Promise<void> {
  const { clear, percent } = options;
  expectOne(version, clear);
  if ((version === undefined) !== (percent === undefined))
    throw new WrongUse('a canary is a VERSION and --percent, from 1 to 99; --clear stands alone');
  const name = versionName(context, model, version);
  const canary = name === null || percent === undefined ? null : { version: name, percent };
  const view = await update(context, options, model, { canary });
  context.output.result(view, () =>
    view.canary
      ? `version ${view.canary.version} serves ${view.canary.percent} % of the streams of ${model}@${options.alias}`
      : `${model}@${options.alias} has no canary`,
  );
}

async function shadow(context: Context, options: TrafficOptions, model: string, version?: number): Promise<void> {
  expectOne(version, options.clear);
  const view = await update(context, options, model, { shadowVersion: versionName(context, model, version) });
  context.output.result(view, () =>
    view.shadowVersion === undefined
      ? `${model}@${options.alias} has no shadow`
      : `version ${view.shadowVersion} is the shadow of ${model}@${options.alias}`,
  );
}

function expectOne(version: number | undefined, clear = false): void {
  if ((version === undefined) !== clear)
    throw new WrongUse('a VERSION is needed, or --clear without one to take it away');
}

function versionName({ parent }: Context, model: string, version: number | undefined): string | null {
  return version === undefined ? null : `${parent}/models/${model}/versions/${version}`;
}

async function update(
  { registry, parent }: Context,
  { alias, reason }: TrafficOptions,
  model: string,
  traffic: AliasTraffic,
) {
  const name = `${parent}/models/${model}/aliases/${alias}`;
  const { etag } = await registry.getAlias(name);
  return aliasView(await registry.updateAlias(name, traffic, etag, reason, randomUUID()));
}
