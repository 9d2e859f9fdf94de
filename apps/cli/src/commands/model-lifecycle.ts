import { randomUUID } from 'node:crypto';
import { type Command } from 'commander';
import { action, type Context } from '../context.js';
import { downloadVersion } from '../models/download-version.js';
import { parseVersion } from '../models/parse-version.js';
import { fields } from '../terminal/output.js';
import { aliasView, lastPart, modelView, versionView } from '../views.js';
import { WrongUse } from '../wrong-use.js';

interface ReasonOptions {
  readonly alias: string;
  readonly reason: string;
}

/** What happens to models, versions and aliases after they have been published. */
export function addModelLifecycleCommands(models: Command): void {
  models
    .command('rollback')
    .argument('<model>')
    .description('point an alias back at the version before the last promotion')
    .option('--alias <alias>', 'the alias to move', 'production')
    .option('--reason <text>', 'why; kept in the history', '')
    .action(action(rollback));
  models
    .command('archive')
    .argument('<model>')
    .argument('<version>', 'number of the version', parseVersion)
    .description('take a version out of use: no alias may point at it, and it is served by number only')
    .option('--undo', 'take it back into use')
    .action(action(archive));
  models
    .command('delete')
    .argument('<model>')
    .argument('[version]', 'number of the version; without it the whole model', parseVersion)
    .description('hide a version, or a model, that no alias needs; "undelete" brings it back')
    .option('--dry-run', 'check whether it may be, and do nothing')
    .action(action(remove));
  models
    .command('undelete')
    .argument('<model>')
    .argument('[version]', 'number of the version; without it the whole model', parseVersion)
    .description('bring back what was deleted')
    .action(action(restore));
  models
    .command('delete-alias')
    .argument('<model>')
    .requiredOption('--alias <alias>', 'the alias to take away')
    .option('--reason <text>', 'why; kept in the history', '')
    .action(action(deleteAlias));
  models
    .command('download')
    .argument('<reference>', 'name, name@alias or name/version')
    .description('fetch the files of a version, checked by their digests, with its specification')
    .requiredOption('-o, --output <folder>', 'where to')
    .action(action(download));
}

async function rollback({ output, registry, parent }: Context, options: ReasonOptions, model: string): Promise<void> {
  const name = `${parent}/models/${model}/aliases/${options.alias}`;
  const { etag } = await registry.getAlias(name);
  const moved = await registry.rollbackAlias(name, etag, options.reason, randomUUID());
  output.result(aliasView(moved), () => `${model}@${options.alias} is version ${lastPart(moved.version)} again`);
}

async function archive(
  { output, registry, parent }: Context,
  { undo = false }: { undo?: boolean },
  model: string,
  version: number,
): Promise<void> {
  const name = `${parent}/models/${model}/versions/${version}`;
  const changed = await (undo ? registry.unarchiveModelVersion(name) : registry.archiveModelVersion(name));
  const view = versionView(changed);
  output.result(view, () => `${name} is ${view.state}`);
}

async function remove(
  { output, registry, parent }: Context,
  { dryRun: validateOnly = false }: { dryRun?: boolean },
  model: string,
  version?: number,
): Promise<void> {
  const name = `${parent}/models/${model}`;
  const what = version === undefined ? name : `${name}/versions/${version}`;
  const view =
    version === undefined
      ? modelView(await registry.deleteModel(name, { validateOnly }))
      : versionView(await registry.deleteModelVersion(what, { validateOnly }));
  output.result(view, () =>
    validateOnly ? `${what} may be deleted` : `${what} is deleted; "undelete" brings it back`,
  );
}

async function restore(
  { output, registry, parent }: Context,
  _options: unknown,
  model: string,
  version?: number,
): Promise<void> {
  const name = `${parent}/models/${model}`;
  const what = version === undefined ? name : `${name}/versions/${version}`;
  const view =
    version === undefined
      ? modelView(await registry.undeleteModel(name))
      : versionView(await registry.undeleteModelVersion(what));
  output.result(view, () => `${what} is back`);
}

async function deleteAlias(
  { output, registry, parent }: Context,
  options: ReasonOptions,
  model: string,
): Promise<void> {
  const name = `${parent}/models/${model}/aliases/${options.alias}`;
  const { etag } = await registry.getAlias(name);
  await registry.deleteAlias(name, etag, options.reason, randomUUID());
  output.result({ name }, () => `${model}@${options.alias} is gone`);
}

async function download(
  { output, registry, parent }: Context,
  options: { output: string },
  reference: string,
): Promise<void> {
  if (reference === '') throw new WrongUse('a reference is needed: name, name@alias or name/version');
  const version = await registry.resolveModelVersion(parent, reference);
  const files = await downloadVersion(registry, version, options.output);
  output.result({ ...versionView(version), downloaded: files }, () =>
    fields(files.map(({ file, sizeBytes }) => [file, `${sizeBytes} bytes`])),
  );
}
