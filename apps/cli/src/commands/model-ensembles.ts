import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { action, type Context } from '../context.js';
import { ensureModel } from '../models/register-model.js';
import { versionView } from '../views.js';
import { WrongUse } from '../wrong-use.js';

/** `REFERENCE` or `REFERENCE=WEIGHT`. */
const MEMBER = /^(?<reference>[^=]+)(?:=(?<weight>\d+(?:\.\d+)?))?$/;

interface EnsembleOptions {
  readonly description: string;
}

export function addEnsembleCommand(models: Command): void {
  models
    .command('ensemble')
    .argument('<model>', 'name of the ensemble; made if it is new')
    .argument('<members...>', 'name, name@alias or name/version of each member, with =WEIGHT if not all count the same')
    .description('publish an ensemble: versions whose probabilities are averaged; what an alias means now is kept')
    .option('--description <text>', 'free text', '')
    .action(action(register));
}

async function register(
  { output, registry, parent }: Context,
  { description }: EnsembleOptions,
  model: string,
  given: readonly string[],
): Promise<void> {
  const members = given.map(parseMember);
  const versions = await Promise.all(members.map(({ reference }) => registry.resolveModelVersion(parent, reference)));
  await ensureModel(registry, parent, model, versions[0].task);
  const version = await registry.createModelVersion(
    `${parent}/models/${model}`,
    { description, members: versions.map(({ name }, i) => ({ version: name, weight: members[i].weight })) },
    { requestId: randomUUID() },
  );
  const view = versionView(version);
  output.result(view, () =>
    [`${view.name}: ${view.parameters} parameters`, ...view.members.map((m) => `  ${m.weight} × ${m.version}`)].join(
      '\n',
    ),
  );
}

function parseMember(text: string): { reference: string; weight: number } {
  const { reference, weight = '1' } = MEMBER.exec(text)?.groups ?? {};
  if (reference === undefined || Number(weight) === 0)
    throw new WrongUse(`got the member "${text}"; REFERENCE or REFERENCE=WEIGHT is needed, the weight above 0`);
  return { reference, weight: Number(weight) };
}
