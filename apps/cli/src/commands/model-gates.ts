import { randomUUID } from 'node:crypto';
import type { GatePolicy, GateResult } from '@resmask/client';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { action, type Context } from '../context.js';
import { readGateFile, writtenRules } from '../models/gate-file.js';
import { parseVersion } from '../models/parse-version.js';
import { table } from '../terminal/output.js';
import { isoTime, lastPart, minute } from '../views.js';

interface GateOptions {
  readonly alias: string;
  readonly set?: string;
  readonly clear?: boolean;
}

/** What aliases demand of versions, and how it turned out. */
export function addGateCommands(models: Command): void {
  models
    .command('gate')
    .argument('<model>')
    .description('what an alias demands of versions before it points at them; --set or --clear changes it')
    .option('--alias <alias>', 'the alias', 'production')
    .option('--set <gate.yaml>', 'a list of rules: minimumAccuracy, notWorse, approvals')
    .option('--clear', 'demand nothing')
    .action(action(gate));
  models
    .command('approve')
    .argument('<model>')
    .argument('<version>', 'number of the version', parseVersion)
    .description('say that a version may be what an alias points at; not for its own publisher')
    .option('--alias <alias>', 'the alias', 'production')
    .option('--comment <text>', 'why', '')
    .action(action(approve));
  models
    .command('gate-results')
    .argument('<model>')
    .description('what an alias found of versions, newest first, refusals included')
    .option('--alias <alias>', 'the alias', 'production')
    .action(action(results));
}

async function gate({ output, gates, parent }: Context, options: GateOptions, model: string): Promise<void> {
  const name = `${parent}/models/${model}/aliases/${options.alias}/gatePolicy`;
  let policy = await gates.getGatePolicy(name);
  if (options.set !== undefined || options.clear) {
    const rules = options.set === undefined ? [] : await readGateFile(options.set, parent);
    policy = await gates.updateGatePolicy({ name, rules, etag: policy.etag }, randomUUID());
  }
  const view = gateView(policy);
  output.result(view, () =>
    view.rules.length === 0
      ? `${model}@${options.alias} demands nothing`
      : `# ${model}@${options.alias}, since ${minute(view.updateTime)} UTC\n${stringify(view.rules).trimEnd()}`,
  );
}

async function approve(
  { output, gates, parent }: Context,
  { alias, comment }: { alias: string; comment: string },
  model: string,
  version: number,
): Promise<void> {
  const name = `${parent}/models/${model}/versions/${version}`;
  const given = await gates.approveModelVersion(name, alias, comment, randomUUID());
  const view = { ...given, createTime: isoTime(given.createTime) };
  output.result(view, () => `${given.approver} approves ${model}/${version} for ${alias}`);
}

async function results({ output, gates, parent }: Context, { alias }: { alias: string }, model: string): Promise<void> {
  const found = await Array.fromAsync(gates.listGateResults(`${parent}/models/${model}/aliases/${alias}`));
  const views = found.map(resultView);
  output.result(views, () =>
    views.length === 0
      ? `${model}@${alias} has not judged anything yet`
      : table(
          ['WHEN', 'VERSION', 'PASSED', 'WHO', 'FAILED RULES'],
          views.map(({ time, version, passed, actor, outcomes }) => [
            minute(time),
            version,
            passed ? 'yes' : 'no',
            actor,
            outcomes
              .filter((outcome) => !outcome.passed)
              .map(({ rule }) => rule)
              .join(', '),
          ]),
        ),
  );
}

function gateView({ name, rules, etag, updateTime }: GatePolicy) {
  return { name, rules: writtenRules(rules), etag, updateTime: isoTime(updateTime) };
}

function resultView({ version, aliasId, passed, outcomes, actor, createTime }: GateResult) {
  return { time: isoTime(createTime), version: Number(lastPart(version)), alias: aliasId, passed, actor, outcomes };
}
