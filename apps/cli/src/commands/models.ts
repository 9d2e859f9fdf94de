import type { ListOptions } from '@resmask/client';
import type { Command } from 'commander';
import { action, type Context } from '../context.js';
import { openFileSource } from '../models/file-source.js';
import { addKeyValue, keyValueList } from '../models/key-value.js';
import { parseVersion } from '../models/parse-version.js';
import { promote, registerModel, type VersionFacts } from '../models/register-model.js';
import { addTo } from '../models/repeated.js';
import { readSpecFile, specPathOf } from '../models/spec-file.js';
import { textTags } from '../models/text-tags.js';
import { readInput } from '../networks/shipped-weights.js';
import { fields, table } from '../terminal/output.js';
import { progress } from '../terminal/progress.js';
import { aliasView, canaryText, lastPart, minute, modelView, versionView } from '../views.js';
import { addModelChangeCommands } from './model-changes.js';
import { addEnsembleCommand } from './model-ensembles.js';
import { addFactCommands } from './model-facts.js';
import { addGateCommands } from './model-gates.js';
import { addHistoryCommand } from './model-history.js';
import { addModelLifecycleCommands } from './model-lifecycle.js';
import { addRecordCommands } from './model-records.js';
import { addTrafficCommands } from './model-traffic.js';
import { addServedModelCommands } from './served-models.js';

interface RegisterOptions {
  readonly file: string;
  readonly dataFile: readonly string[];
  readonly resume: readonly string[];
  readonly spec?: string;
  readonly description: string;
  readonly licence: string;
  readonly card?: string;
  readonly tag: Readonly<Record<string, string>>;
  readonly codeRevision: string;
  readonly dataDigest: string;
  readonly parentVersion?: number;
}

interface PromoteOptions {
  readonly alias: string;
  readonly reason: string;
}

export function addModelCommands(program: Command): void {
  const models = program.command('models').description('models of the registry, their versions and aliases');
  models
    .command('list')
    .description('models in alphabetical order')
    .option('--filter <filter>', 'only these, for example: task = TASK_FACE AND labels.team = vision', '')
    .option('--order-by <fields>', 'in this order, for example: update_time desc', '')
    .action(action(list));
  models
    .command('show')
    .argument('<model>')
    .description('one model with its versions, newest first')
    .option('--filter <filter>', 'only these versions, for example: state = STATE_READY AND tags.stage = "trial"', '')
    .option('--order-by <fields>', 'versions in this order, for example: size_bytes, create_time desc', '')
    .action(action(show));
  addModelChangeCommands(models);
  models
    .command('register')
    .argument('<model>', 'name of the model; made if it is new')
    .description('publish an ONNX file as the next version of a model')
    .requiredOption('--file <model.onnx>', 'the ONNX file')
    .option('--data-file <file>', 'weights that lie beside the graph; may be given again', addTo, [])
    .option('--resume <upload>', 'go on with an upload that was interrupted; may be given again', addTo, [])
    .option('--spec <spec.yaml>', 'how it is fed and read; without it the .spec.yaml beside the file')
    .option('--description <text>', 'free text', '')
    .option('--licence <name>', 'licence of the weights, as an SPDX identifier', '')
    .option('--card <file.md>', 'what people should know, in Markdown')
    .option('--tag <key=value>', 'a tag; may be given again', addKeyValue, {})
    .option('--code-revision <revision>', 'of the code that trained it', '')
    .option('--data-digest <sha256>', 'of the data it was trained on', '')
    .option('--parent-version <number>', 'the version it was trained on from', parseVersion)
    .action(action(register));
  models
    .command('promote')
    .argument('<model>')
    .argument('<version>', 'number of the version', parseVersion)
    .description('point an alias at a version')
    .option('--alias <alias>', 'the alias to move', 'production')
    .option('--reason <text>', 'why; kept in the history', '')
    .action(action(promoteVersion));
  addTrafficCommands(models);
  addHistoryCommand(models);
  addModelLifecycleCommands(models);
  addEnsembleCommand(models);
  addGateCommands(models);
  addFactCommands(models);
  addRecordCommands(models);
  addServedModelCommands(models);
}

async function list({ output, registry, parent }: Context, options: ListOptions): Promise<void> {
  const models = await Array.fromAsync(registry.listModels(parent, options));
  const views = models.map(modelView);
  const none = options.filter
    ? 'no model fits the filter'
    : 'no models yet; publish one with "resmask models register"';
  output.result(views, () =>
    views.length === 0
      ? none
      : table(
          ['MODEL', 'TASK', 'VERSIONS', 'ALIASES', 'UPDATED (UTC)'],
          views.map((view) => [
            view.id,
            view.task,
            view.latestVersion,
            keyValueList(view.aliases),
            minute(view.updateTime),
          ]),
        ),
  );
}

async function show({ output, registry, parent }: Context, options: ListOptions, id: string): Promise<void> {
  const name = `${parent}/models/${id}`;
  const model = modelView(await registry.getModel(name));
  const versions = (await Array.fromAsync(registry.listModelVersions(name, options))).map(versionView);
  output.result({ ...model, versions }, () =>
    [
      fields([
        ['model', model.name],
        ['task', model.task],
        ['aliases', keyValueList(model.aliases)],
        ...trafficFields(model),
        ['labels', keyValueList(model.labels)],
        ['created', model.createTime ?? ''],
      ]),
      '',
      table(
        ['VERSION', 'STATE', 'ALIASES', 'NETWORK', 'PARAMETERS', 'BYTES', 'DIGEST', 'CREATED'],
        versions.map((version) => [
          version.version,
          version.state,
          version.aliases.join(', '),
          version.architecture,
          version.parameters,
          version.files.reduce((sum, file) => sum + file.sizeBytes, 0),
          version.digest.slice(0, 8),
          minute(version.createTime),
        ]),
      ),
    ].join('\n'),
  );
}

/** Most models have neither. */
function trafficFields({ canaries, shadows }: ReturnType<typeof modelView>): [string, string][] {
  const shares = Object.entries(canaries).map(([alias, canary]) => [alias, canaryText(canary)]);
  const fields: [string, string][] = [
    ['canaries', keyValueList(Object.fromEntries(shares))],
    ['shadows', keyValueList(shadows)],
  ];
  return fields.filter(([, text]) => text !== '');
}

async function register({ output, registry, parent }: Context, options: RegisterOptions, model: string): Promise<void> {
  const spec = await readSpecFile(options.spec ?? specPathOf(options.file));
  const files = await Promise.all([options.file, ...options.dataFile].map(openFileSource));
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const facts = await factsOf(options, `${parent}/models/${model}`);
  const bar = progress(`uploading ${options.file}`, total, 'bytes');
  const begun: string[] = [];
  const version = await registerModel(registry, {
    parent,
    model,
    spec,
    files,
    facts,
    uploads: options.resume,
    onBegun: (upload) => begun.push(upload),
    onProgress: (sent) => bar.update(sent),
  })
    .catch((error: unknown) => {
      const flags = begun.map((upload) => `--resume ${upload}`).join(' ');
      if (begun.length > 0) output.note(`what has arrived is kept: repeat the command with ${flags}`);
      throw error;
    })
    .finally(() => bar.end());
  const view = versionView(version);
  output.result(view, () => `${view.name}: ${view.parameters} parameters, digest ${view.digest}`);
}

async function promoteVersion(
  { output, registry, parent }: Context,
  { alias, reason }: PromoteOptions,
  model: string,
  version: number,
): Promise<void> {
  const moved = await promote(registry, `${parent}/models/${model}/versions/${version}`, alias, reason);
  output.result(aliasView(moved), () => `${model}@${lastPart(moved.name)} is now version ${lastPart(moved.version)}`);
}

async function factsOf(options: RegisterOptions, model: string): Promise<VersionFacts> {
  const { description, licence, card, tag, codeRevision, dataDigest, parentVersion } = options;
  const parent = parentVersion === undefined ? '' : `${model}/versions/${parentVersion}`;
  return {
    description,
    licence,
    modelCard: card === undefined ? '' : (await readInput(card)).toString('utf8'),
    tags: textTags(tag),
    lineage: { codeRevision, trainingDataDigest: dataDigest, parentVersion: parent, evaluationRuns: [] },
  };
}
