import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { action, type Context } from '../context.js';
import { fileSize } from '../models/file-size.js';
import { fields, table } from '../terminal/output.js';
import { progress } from '../terminal/progress.js';
import { datasetView, FORMATS } from '../views.js';

interface ImportOptions {
  readonly name: string;
  readonly skipBadRows: boolean;
}

type DatasetView = ReturnType<typeof datasetView>;

export function addDatasetCommands(program: Command): void {
  const datasets = program.command('datasets').description('data sets of the evaluation service');
  const imports = datasets.command('import').description('import a data set from a file');
  imports
    .command('fer2013')
    .argument('<file.csv>', "Kaggle's fer2013.csv")
    .description('import FER2013')
    .option('--name <name>', 'name of the data set', 'fer2013')
    .option('--skip-bad-rows', 'import the good rows of a damaged file and report the others', false)
    .action(action(importFer2013));
  datasets.command('list').description('every data set').action(action(list));
  datasets.command('show').argument('<name>').description('one data set with its splits').action(action(show));
}

async function importFer2013(
  { output, evaluation, parent }: Context,
  options: ImportOptions,
  file: string,
): Promise<void> {
  const bar = progress(`importing ${file}`, await fileSize(file), 'bytes');
  const onProgress = (sent: number): void => bar.update(sent);
  const { dataset, skippedRowCount, skippedRows } = await evaluation
    .importDataset(parent, options.name, FORMATS.fer2013, createReadStream(file, { highWaterMark: 256 * 1024 }), {
      ...options,
      onProgress,
    })
    .finally(() => bar.end());
  if (!dataset) throw new TypeError('the service answered without a data set');
  const view = datasetView(dataset);
  output.result({ ...view, skippedRowCount, skippedRows }, () =>
    [
      describe(view),
      ...skippedRows.map(({ line, problem }) => `skipped line ${line}: ${problem}`),
      ...(skippedRowCount > skippedRows.length ? [`… and ${skippedRowCount - skippedRows.length} more`] : []),
    ].join('\n'),
  );
}

async function list({ output, evaluation, parent }: Context): Promise<void> {
  const views = (await Array.fromAsync(evaluation.listDatasets(parent))).map(datasetView);
  output.result(views, () =>
    views.length === 0
      ? 'no data sets yet; import one with "resmask datasets import"'
      : table(
          ['DATA SET', 'TRAIN', 'VALIDATION', 'TEST', 'SIZE', 'DIGEST'],
          views.map((view) => [
            view.id,
            ...['train', 'validation', 'test'].map(
              (word) => view.splits.find(({ split }) => split === word)?.sampleCount ?? 0,
            ),
            `${view.width}×${view.height}`,
            view.digest.slice(0, 12),
          ]),
        ),
  );
}

async function show({ output, evaluation, parent }: Context, _options: unknown, name: string): Promise<void> {
  const view = datasetView(await evaluation.getDataset(`${parent}/datasets/${name}`));
  output.result(view, () => describe(view));
}

function describe(view: DatasetView): string {
  return [
    fields([
      ['data set', view.name],
      ['images', `${view.width}×${view.height}`],
      ['digest', view.digest],
    ]),
    '',
    table(
      ['SPLIT', 'SAMPLES', ...view.labels.map((label) => label.toUpperCase())],
      view.splits.map(({ split, sampleCount, classCounts }) => [split, sampleCount, ...classCounts]),
    ),
  ].join('\n');
}
