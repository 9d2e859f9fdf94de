import type { ComparisonRecord } from '@resmask/client';
import type { Command } from 'commander';
import { action, type Context } from '../context.js';
import { parseVersion } from '../models/parse-version.js';
import { shorten, table } from '../terminal/output.js';
import { comparisonView, evaluationView, lastPart, minute } from '../views.js';
import { WrongUse } from '../wrong-use.js';

/** Shows what has been recorded of versions, which gates look at. */
export function addFactCommands(models: Command): void {
  models
    .command('evaluations')
    .argument('<model>')
    .argument('<version>', 'number of the version', parseVersion)
    .description('the recorded evaluations of a version, newest first')
    .action(action(evaluations));
  models
    .command('comparisons')
    .argument('<model>')
    .argument('[version]', 'number of the version; without it the newest one', parseVersion)
    .description('the recorded comparisons of a version with its baselines, newest first')
    .action(action(comparisons));
}

async function evaluations(
  { output, gates, parent }: Context,
  _options: unknown,
  model: string,
  version: number,
): Promise<void> {
  const name = `${parent}/models/${model}/versions/${version}`;
  const views = (await Array.fromAsync(gates.listEvaluationRecords(name))).map(evaluationView);
  output.result(views, () =>
    views.length === 0
      ? `no evaluation of ${model}/${version} is recorded`
      : table(
          ['FINISHED (UTC)', 'DATA SET', 'SPLIT', 'CORRECT', 'SAMPLES', 'ACCURACY', 'WHO'],
          views.map((view) => [
            minute(view.finishTime),
            lastPart(view.dataset),
            view.split,
            view.correctCount,
            view.sampleCount,
            `${((100 * view.correctCount) / view.sampleCount).toFixed(2)} %`,
            view.recorder,
          ]),
        ),
  );
}

async function comparisons(context: Context, _options: unknown, model: string, version?: number): Promise<void> {
  const { output, gates, parent } = context;
  const number = version ?? (await newestVersion(context, model));
  const name = `${parent}/models/${model}/versions/${number}`;
  const views = (await Array.fromAsync(gates.listComparisonRecords(name))).map(comparisonView);
  output.result(views, () =>
    views.length === 0
      ? `no comparison of ${model}/${number} is recorded`
      : table(
          ['RECORDED (UTC)', 'BASELINE', 'DATA SET', 'SPLIT', 'BETTER ON', 'WORSE ON', 'SAMPLES', 'WHO'],
          views.map((view) => [
            minute(view.createTime),
            baselineOf(view),
            shorten(lastPart(view.dataset), 12),
            view.split,
            view.onlyVersionCorrectCount,
            view.onlyBaselineCorrectCount,
            view.sampleCount,
            shorten(view.recorder, 10),
          ]),
        ),
  );
}

async function newestVersion({ registry, parent }: Context, model: string): Promise<number> {
  for await (const { name } of registry.listModelVersions(`${parent}/models/${model}`)) return Number(lastPart(name));
  throw new WrongUse(`${model} has no version to show comparisons of; register one first`);
}

/** `model/version`, whose number is never cut off. */
function baselineOf({ baseline }: Pick<ComparisonRecord, 'baseline'>): string {
  const [, , , model, , number] = baseline.split('/');
  return `${shorten(model, 13 - number.length)}/${number}`;
}
