import { randomUUID } from 'node:crypto';
import { type Run, RunState } from '@resmask/client';
import { DomainError } from '@resmask/errors';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { action, type Context } from '../context.js';
import { fields, table } from '../terminal/output.js';
import { progress } from '../terminal/progress.js';
import { lastPart, runView, SPLIT_WORDS } from '../views.js';

interface EvaluateOptions {
  readonly dataset: string;
  readonly split: keyof typeof SPLIT_WORDS;
  readonly watch: boolean;
}

type RunView = ReturnType<typeof runView>;

export function addRunCommands(program: Command): void {
  program
    .command('evaluate')
    .argument('<model>', '"name" (its production alias), "name@alias" or "name/version"')
    .description('score a model on a split of a data set, in the background')
    .option('--dataset <name>', 'the data set', 'fer2013')
    .addOption(new Option('--split <split>', 'which samples').choices(Object.keys(SPLIT_WORDS)).default('test'))
    .option('--watch', 'follow the run and print its report', false)
    .action(action(evaluate));
  const runs = program.command('runs').description('evaluation runs');
  runs.command('list').description('every run, newest first').action(action(list));
  runs
    .command('show')
    .argument('<run>', 'number of the run', parseRun)
    .description('one run with its report')
    .action(action(show));
}

async function evaluate(
  { output, evaluation, parent }: Context,
  options: EvaluateOptions,
  model: string,
): Promise<void> {
  const dataset = `${parent}/datasets/${options.dataset}`;
  let run = await evaluation.createRun(parent, model, dataset, SPLIT_WORDS[options.split], randomUUID());
  if (options.watch) run = await follow(evaluation.watchRun(run.name), run);
  const view = runView(run);
  output.result(view, () =>
    options.watch ? describe(view) : `run ${view.id} is ${view.state}; follow it with "resmask runs show ${view.id}"`,
  );
  if (run.state === RunState.RUN_STATE_FAILED)
    throw new DomainError('MODEL_UNLOADABLE', `run ${view.id} failed: ${run.error?.message}`);
}

async function follow(changes: AsyncIterable<Run>, first: Run): Promise<Run> {
  const bar = progress(`run ${lastPart(first.name)}`, first.samplesTotal, 'samples');
  let latest = first;
  for await (const run of changes) {
    latest = run;
    bar.update(run.samplesDone);
  }
  bar.end();
  return latest;
}

async function list({ output, evaluation, parent }: Context): Promise<void> {
  const views = (await Array.fromAsync(evaluation.listRuns(parent))).map(runView);
  output.result(views, () =>
    views.length === 0
      ? 'no runs yet; start one with "resmask evaluate"'
      : table(
          ['RUN', 'MODEL', 'DATA SET', 'SPLIT', 'STATE', 'DONE', 'CORRECT', 'ACCURACY'],
          views.map((view) => [
            view.id,
            shortVersion(view.modelVersion),
            lastPart(view.dataset),
            view.split,
            view.state,
            `${view.samplesDone}/${view.samplesTotal}`,
            view.accuracy ? `${view.accuracy.k}/${view.accuracy.n}` : '',
            view.accuracy ? percent(view.accuracy.value) : '',
          ]),
        ),
  );
}

async function show({ output, evaluation, parent }: Context, _options: unknown, id: number): Promise<void> {
  const view = runView(await evaluation.getRun(`${parent}/runs/${id}`));
  output.result(view, () => describe(view));
}

function describe(view: RunView): string {
  const { accuracy, confusionMatrix } = view;
  const head: [string, string | number][] = [
    ['run', view.name],
    ['model', `${view.model} = ${view.modelVersion}`],
    ['data set', `${view.dataset} ${view.split} (digest ${view.datasetDigest.slice(0, 12)})`],
    [
      'state',
      view.error
        ? `${view.state}: ${view.error}`
        : `${view.state}, ${view.samplesDone} of ${view.samplesTotal} samples`,
    ],
  ];
  if (accuracy) {
    const interval = `${percent(accuracy.intervalLow)} to ${percent(accuracy.intervalHigh)} at ${accuracy.confidence * 100} % confidence`;
    head.push(['accuracy', `${accuracy.k} of ${accuracy.n} = ${percent(accuracy.value)} (Wilson ${interval})`]);
  }
  if (!confusionMatrix) return fields(head);
  return [
    fields(head),
    '',
    'confusion matrix, rows are true labels, columns predicted ones',
    table(
      ['', ...confusionMatrix.labels],
      confusionMatrix.rowsByTrueLabel.map((row) => [row.trueLabel, ...row.countsByPredictedLabel]),
    ),
  ].join('\n');
}

function shortVersion(name: string): string {
  const [, , , model, , version] = name.split('/');
  return `${model}/${version}`;
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(2)} %`;
}

function parseRun(text: string): number {
  const run = Number(text);
  if (!Number.isInteger(run) || run < 1) throw new InvalidArgumentError('a run number from 1 is needed.');
  return run;
}
