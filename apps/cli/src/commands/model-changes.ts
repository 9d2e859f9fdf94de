import { randomUUID } from 'node:crypto';
import type { Task } from '@resmask/model-spec';
import { TASKS } from '@resmask/spec-messages';
import { type Command, Option } from 'commander';
import { action, type Context } from '../context.js';
import { addKeyValue, keyValueList } from '../models/key-value.js';
import { addTo } from '../models/repeated.js';
import { modelView } from '../views.js';
import { WrongUse } from '../wrong-use.js';

interface CreateOptions {
  readonly task: Task;
  readonly description: string;
  readonly label: Readonly<Record<string, string>>;
}

interface UpdateOptions {
  readonly description?: string;
  readonly label: Readonly<Record<string, string>>;
  readonly removeLabel: readonly string[];
}

/** Makes models, and changes what is told of them. */
export function addModelChangeCommands(models: Command): void {
  models
    .command('create')
    .argument('<model>')
    .description('make a model without versions; "register" makes one too')
    .addOption(
      new Option('--task <task>', 'what its versions do')
        .choices(['expression', 'face'] satisfies Task[])
        .default('expression'),
    )
    .option('--description <text>', 'free text', '')
    .option('--label <key=value>', 'a label to find it by; may be given again', addKeyValue, {})
    .action(action(create));
  models
    .command('update')
    .argument('<model>')
    .description('change the description or labels of a model; labels that are not named stay')
    .option('--description <text>', 'free text')
    .option('--label <key=value>', 'a label to set; may be given again', addKeyValue, {})
    .option('--remove-label <key>', 'a label to take away; may be given again', addTo, [])
    .action(action(update));
}

async function create({ output, registry, parent }: Context, options: CreateOptions, model: string): Promise<void> {
  const { task, description, label: labels } = options;
  const made = await registry.createModel(parent, model, TASKS.wire(task), { description, labels }, randomUUID());
  const view = modelView(made);
  output.result(view, () => `${view.name} is there, for ${view.task}`);
}

async function update({ output, registry, parent }: Context, options: UpdateOptions, model: string): Promise<void> {
  const { description, label, removeLabel } = options;
  const isLabelled = removeLabel.length > 0 || Object.keys(label).length > 0;
  if (description === undefined && !isLabelled)
    throw new WrongUse('nothing to change was given; --description, --label and --remove-label change something');
  const name = `${parent}/models/${model}`;
  const { labels, etag } = await registry.getModel(name);
  const kept = Object.entries({ ...labels, ...label }).filter(([key]) => !removeLabel.includes(key));
  const change = {
    ...(description !== undefined && { description }),
    ...(isLabelled && { labels: Object.fromEntries(kept) }),
  };
  const view = modelView(await registry.updateModel(name, change, etag));
  output.result(view, () => `${view.name} has the labels ${keyValueList(view.labels) || 'none'}`);
}
