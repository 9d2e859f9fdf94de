import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { action, type Context } from '../context.js';
import { parseVersion } from '../models/parse-version.js';
import { comparisonView, evaluationView } from '../views.js';

/** Of both kinds of record. */
interface FactOptions {
  readonly dataset: string;
  readonly split: string;
  readonly datasetDigest: string;
  readonly protocolDigest: string;
  readonly predictionsDigest: string;
  readonly samples: number;
}

interface EvaluationOptions extends FactOptions {
  readonly digest: string;
  readonly correct: number;
}

interface ComparisonOptions extends FactOptions {
  readonly baselinePredictionsDigest: string;
  readonly onlyVersion: number;
  readonly onlyBaseline: number;
}

/** Records facts about versions, which gates look at. */
export function addRecordCommands(models: Command): void {
  facts(models.command('record-evaluation').argument('<model>').argument('<version>', 'its number', parseVersion))
    .description('record what an evaluation elsewhere found; facts are never changed')
    .requiredOption('--digest <sha256>', 'digest of the version that was evaluated, as "models show" tells it')
    .requiredOption('--correct <number>', 'samples recognised', parseCount)
    .action(action(recordEvaluation));
  facts(
    models
      .command('record-comparison')
      .argument('<model>')
      .argument('<version>', 'its number', parseVersion)
      .argument('<baseline>', 'number of the version it was compared with', parseVersion),
  )
    .description('record what a comparison of two versions elsewhere found; facts are never changed')
    .requiredOption('--baseline-predictions-digest <sha256>', 'of what the baseline said of every sample')
    .requiredOption('--only-version <number>', 'samples only the version recognised', parseCount)
    .requiredOption('--only-baseline <number>', 'samples only the baseline recognised', parseCount)
    .action(action(recordComparison));
}

function facts(command: Command): Command {
  return command
    .requiredOption('--dataset <dataset>', 'the data set')
    .requiredOption('--split <split>', 'train, validation or test')
    .requiredOption('--dataset-digest <sha256>', 'of the data')
    .requiredOption('--protocol-digest <sha256>', 'of how it was scored')
    .requiredOption('--predictions-digest <sha256>', 'of what the version said of every sample')
    .requiredOption('--samples <number>', 'samples scored', parseCount);
}

async function recordEvaluation(
  { output, gates, parent }: Context,
  options: EvaluationOptions,
  model: string,
  version: number,
): Promise<void> {
  const record = {
    ...factsOf(options, parent),
    version: `${parent}/models/${model}/versions/${version}`,
    versionDigest: options.digest,
    run: '',
    correctCount: options.correct,
    metrics: {},
    finishTime: { seconds: Math.floor(Date.now() / 1000), nanos: 0 },
  };
  const view = evaluationView(await gates.recordEvaluation(record, randomUUID()));
  output.result(view, () => `${view.correctCount} of ${view.sampleCount} is recorded for ${model}/${version}`);
}

async function recordComparison(
  { output, gates, parent }: Context,
  options: ComparisonOptions,
  model: string,
  version: number,
  baseline: number,
): Promise<void> {
  const record = {
    ...factsOf(options, parent),
    version: `${parent}/models/${model}/versions/${version}`,
    baseline: `${parent}/models/${model}/versions/${baseline}`,
    baselinePredictionsDigest: options.baselinePredictionsDigest,
    onlyVersionCorrectCount: options.onlyVersion,
    onlyBaselineCorrectCount: options.onlyBaseline,
  };
  const view = comparisonView(await gates.recordComparison(record, randomUUID()));
  output.result(view, () => `the comparison of ${model}/${version} with ${model}/${baseline} is recorded`);
}

function factsOf(options: FactOptions, parent: string) {
  const { dataset, split, datasetDigest, protocolDigest, predictionsDigest, samples } = options;
  return {
    dataset: dataset.includes('/') ? dataset : `${parent}/datasets/${dataset}`,
    split,
    datasetDigest,
    protocolDigest,
    predictionsDigest,
    sampleCount: samples,
  };
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 0) throw new InvalidArgumentError('A whole number is needed.');
  return count;
}
