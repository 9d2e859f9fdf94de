import { type ServedModel, ServedModel_State } from '@resmask/client';
import type { Command } from 'commander';
import { action, type Context } from '../context.js';
import { fields, shorten, table } from '../terminal/output.js';
import { lastPart } from '../views.js';

/** What an inference service keeps loaded. */
export function addServedModelCommands(models: Command): void {
  models
    .command('served')
    .description('versions the inference service has loaded, or is loading')
    .action(action(served));
  models
    .command('load')
    .argument('<reference>', 'name, name@alias or name/version')
    .description('load a version and keep it, following its alias, until "unload"')
    .action(action(load));
  models
    .command('unload')
    .argument('<reference>', 'the reference that was loaded')
    .description('let go of a version: its memory is given back when no call uses it any more')
    .action(action(unload));
}

async function served({ output, inference, parent }: Context): Promise<void> {
  const views = (await inference.listServedModels(parent)).map(servedView);
  output.result(views, () =>
    views.length === 0
      ? 'nothing is loaded'
      : table(
          ['VERSION', 'STATE', 'MIB', 'SESSIONS', 'BATCH', 'USES', 'KEPT', 'REFERENCES'],
          views.map(({ id, state, memoryBytes, sessions, maxBatchSize, uses, pinned, references }) => [
            shorten(id, 30),
            state,
            Math.round(memoryBytes / 2 ** 20),
            sessions,
            maxBatchSize,
            uses,
            pinned ? 'yes' : 'no',
            shorten(references.join(', '), 22),
          ]),
        ),
  );
}

async function load({ output, inference, parent }: Context, _options: unknown, reference: string): Promise<void> {
  const view = servedView(await inference.loadModel(reference, parent));
  output.result(view, () =>
    fields([
      ['version', view.version],
      ['state', view.state],
      ['references', view.references.join(', ')],
      ['memory', `${Math.round(view.memoryBytes / 2 ** 20)} MiB in ${view.sessions} sessions`],
    ]),
  );
}

async function unload({ output, inference, parent }: Context, _options: unknown, reference: string): Promise<void> {
  await inference.unloadModel(reference, parent);
  output.result({ reference, unloaded: true }, () => `${reference} is kept no longer`);
}

function servedView(model: ServedModel) {
  const { version, references, state, digest, memoryBytes, sessions, maxBatchSize, uses, pinned, error } = model;
  const [, name] = /\/models\/([^/]+)\//.exec(version) ?? [];
  return {
    version,
    id: `${name}/${lastPart(version)}`,
    references,
    state: ServedModel_State[state].replace('STATE_', '').toLowerCase(),
    digest,
    memoryBytes,
    sessions,
    maxBatchSize,
    uses,
    pinned,
    ...(error && { error: error.message }),
  };
}
