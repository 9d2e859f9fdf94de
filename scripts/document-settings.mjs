// Writes docs/configuration.md from the settings the services really read. With `--print`, to standard output.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { evaluationSettings } from '../apps/evaluation/dist/evaluation-settings.js';
import { inferenceSettings } from '../apps/inference/dist/inference-settings.js';
import { registrySettings } from '../apps/registry/dist/registry-settings.js';

const SERVICES = { inference: inferenceSettings, registry: registrySettings, evaluation: evaluationSettings };

const sections = Object.entries(SERVICES).map(([name, settings]) => {
  const rows = Object.values(settings).map(
    ({ variable, purpose, allowed }) => `| \`${variable}\` | ${purpose} | ${allowed} |`,
  );
  return [`## ${name}`, '', '| variable | what it does | allowed |', '|---|---|---|', ...rows, ''].join('\n');
});
const text = formatted(`# Configuration

Each service reads its environment once, when it starts. A value that is not allowed stops the start with a message that names the
variable, the value and what is allowed; values that may hold secrets are never repeated. The standard \`OTEL_*\` variables are
honoured too: \`OTEL_EXPORTER_OTLP_ENDPOINT\` turns tracing on and sends metrics ([observability.md](observability.md)).

This page is written by \`npm run document\`; a test compares it with what the services read.

${sections.join('\n')}`);

if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(new URL('../docs/configuration.md', import.meta.url), text);

/** Aligned as the formatter would, so that formatting the tree leaves the page as it is. */
function formatted(markdown) {
  return execFileSync('biome', ['format', '--stdin-file-path=docs/configuration.md'], {
    input: markdown,
    encoding: 'utf8',
  });
}
