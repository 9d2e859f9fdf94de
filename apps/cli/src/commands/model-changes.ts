import { randomUUID } from 'node:crypto';
import type { Task } from '@resmask/model-spec';
import { TASKS } from '@resmask/spec-messages';
import { type Command, Option } from 'commander';
import { action, type Context } from '../context.js';
import { addKeyValue, keyValueList } from '../models/key-value.js';
import { parseVersion } from '../models/parse-version.js';
import { addTo } from '../models/repeated.js';
import { textTags } from '../models/text-tags.js';
import { modelView, versionView } from '../views.js';
import { WrongUse } from '../wrong-use.js';

type Texts = Readonly<Record<string, string>>;

interface CreateOptions {
  readonly task: Task;
  readonly description: string;
  readonly label: Texts;
}

interface UpdateOptions {
  readonly description?: string;
  readonly label: Texts;
  readonly removeLabel: readonly string[];
  readonly tag: Texts;
  readonly removeTag: readonly string[];
}

/** Makes models, and changes what is told of them and of their versions. */
export function addModelChangeCommands(models: Command): void {
  const tasks: Task[] = ['expression', 'face'];
  models
    .command('create')
    .argument('<model>')
    .description('make a model without versions; "register" makes one too')
    .addOption(new Option('--task <task>', 'what its versions do').choices(tasks).default('expression'))
    .option('--description <text>', 'free text', '')
    .option('--label <key=value>', 'a label to find it by; may be given again', addKeyValue, {})
    .action(action(create));
  models
    .command('update')
    .argument('<model>')
    .argument('[version]', 'number of the version; without it the model itself', parseVersion)
    .description('change the description and the labels of a model, or the tags of a version; what is not named stays')
    .option('--description <text>', 'free text')
    .option('--label <key=value>', 'of a model: a label to set; may be given again', addKeyValue, {})
    .option('--remove-label <key>', 'of a model: a label to take away; may be given again', addTo, [])
    .option('--tag <key=value>', 'of a version: a tag to set; may be given again', addKeyValue, {})
    .option('--remove-tag <key>', 'of a version: a tag to take away; may be given again', addTo, [])
    .action(action(update));
}

async function create({ output, registry, parent }: Context, options: CreateOptions, model: string): Promise<void> {
  const { task, description, label: labels } = options;
  const made = await registry.createModel(parent, model, TASKS.wire(task), { description, labels }, randomUUID());
  const view = modelView(made);
  output.result(view, () => `${view.name} is there, for ${view.task}`);
}

function update(context: Context, options: UpdateOptions, model: string, version?: number): Promise<void> {
  const { description, label, removeLabel, tag, removeTag } = options;
  const isLabelled = isAny(label, removeLabel);
  const isTagged = isAny(tag, removeTag);
  if (version === undefined ? isTagged : isLabelled)
    throw new WrongUse('labels are of a model, tags of a version: give a VERSION with tags, and none with labels');
  if (description === undefined && !isLabelled && !isTagged)
    throw new WrongUse('nothing to change was given; --description, --label and --tag change something');
  const name = `${context.parent}/models/${model}`;
  return version === undefined
    ? updateModel(context, options, name)
    : updateVersion(context, options, `${name}/versions/${version}`);
}

async function updateModel({ output, registry }: Context, options: UpdateOptions, name: string): Promise<void> {
  const { description, label, removeLabel } = options;
  const { labels, etag } = await registry.getModel(name);
  const change = {
    ...(description !== undefined && { description }),
    ...(isAny(label, removeLabel) && { labels: without({ ...labels, ...label }, removeLabel) }),
  };
  const view = modelView(await registry.updateModel(name, change, etag));
  output.result(view, () => `${view.name} has the labels ${keyValueList(view.labels) || 'none'}`);
}

async function updateVersion({ output, registry }: Context, options: UpdateOptions, name: string): Promise<void> {
  const { description, tag, removeTag } = options;
  const { tags, etag } = await registry.getModelVersion(name);
  const change = {
    ...(description !== undefined && { description }),
    ...(isAny(tag, removeTag) && { tags: without({ ...tags, ...textTags(tag) }, removeTag) }),
  };
  const view = versionView(await registry.updateModelVersion(name, change, etag));
  output.result(view, () => `${view.name} has the tags ${keyValueList(view.tags) || 'none'}`);
}

function isAny(set: Texts, removed: readonly string[]): boolean {
  return removed.length > 0 || Object.keys(set).length > 0;
}

function without<Value>(values: Readonly<Record<string, Value>>, removed: readonly string[]): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !removed.includes(key)));
}
