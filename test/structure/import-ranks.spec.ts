import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Rank of every library; a package may use only lower ones. Applications are above all, and never use each other. */
const LIB_RANKS: Readonly<Record<string, number>> = {
  errors: 0,
  tensor: 0,
  'list-filter': 1,
  metrics: 1,
  'model-spec': 1,
  onnx: 1,
  pickle: 1,
  'resource-names': 1,
  vision: 1,
  architectures: 2,
  checkpoints: 2,
  contracts: 2,
  datasets: 2,
  artifacts: 3,
  client: 3,
  codecs: 3,
  database: 3,
  runtime: 3,
  'spec-messages': 3,
  engine: 4,
  'service-kit': 4,
};
const MIGRATIONS_RANK = 4;
const APP_RANK = 5;

/** Packages that only one library may import. */
const SOLE_IMPORTERS: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'libs/runtime',
  sharp: 'libs/codecs',
  '@aws-sdk/client-s3': 'libs/artifacts',
};

/** Nothing of these may be used where everything is pure. */
const IMPURE = /^(node:(fs|net|http|https|child_process|worker_threads|timers)|@nestjs)/;
const PURE_RANKS = 2;

const root = join(import.meta.dirname, '../..');
const packages = globSync(['libs/*', 'apps/*', 'migrations'], { cwd: root }).map((folder) => ({
  folder,
  rank: rankOf(folder),
  files: globSync(['src/**/*.ts', '*/*.ts', '*.ts'], { cwd: join(root, folder) })
    .filter((file) => !/(^|\/)(dist|node_modules)\//.test(file))
    .map((file) => join(root, folder, file)),
}));

it('knows the rank of every package', () => {
  expect(packages.filter(({ rank }) => rank === undefined).map(({ folder }) => folder)).toEqual([]);
});

it.each(packages)(
  '$folder imports only lower ranks, and what it imports it declares',
  ({ folder, rank = 0, files }) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }));
    const problems: string[] = [];
    for (const file of files) {
      for (const imported of importsOf(file)) {
        if (imported.startsWith('.') || imported.startsWith('node:') || imported === manifest.name) continue;
        const name = packageOf(imported);
        const isSpec = file.endsWith('.spec.ts');
        if (!declared.has(name) && !(isSpec && ['vitest', 'fast-check'].includes(name)))
          problems.push(`${file}: ${name} is not declared`);
        const other = name.startsWith('@resmask/') ? rankOfPackage(name) : -1;
        if (other >= rank) problems.push(`${file}: ${name} has rank ${other}, allowed are ranks below ${rank}`);
        const sole = SOLE_IMPORTERS[name];
        if (sole && sole !== folder) problems.push(`${file}: only ${sole} may import ${name}`);
      }
    }
    expect(problems).toEqual([]);
  },
);

it.each(packages.filter(({ rank = 0 }) => rank <= PURE_RANKS))(
  '$folder is pure: no files, network, clock, environment, chance',
  ({ files }) => {
    const problems: string[] = [];
    for (const file of files.filter((name) => !name.endsWith('.spec.ts') && !name.includes('/gen/'))) {
      const text = readFileSync(file, 'utf8');
      for (const imported of importsOf(file)) if (IMPURE.test(imported)) problems.push(`${file}: ${imported}`);
      for (const word of text.match(/\b(process\.env|Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval)\b/g) ??
        []) {
        problems.push(`${file}: ${word}`);
      }
    }
    expect(problems).toEqual([]);
  },
);

function rankOf(folder: string): number | undefined {
  if (folder.startsWith('apps/')) return APP_RANK;
  return folder === 'migrations' ? MIGRATIONS_RANK : LIB_RANKS[folder.slice('libs/'.length)];
}

function rankOfPackage(name: string): number {
  const short = name.slice('@resmask/'.length);
  return LIB_RANKS[short] ?? (short === 'migrations' ? MIGRATIONS_RANK : APP_RANK);
}

function packageOf(specifier: string): string {
  const [scope, name] = specifier.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3]);
}
