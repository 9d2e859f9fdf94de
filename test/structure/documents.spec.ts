import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { REASONS } from '@resmask/errors';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

it('docs/errors.md tells every reason with its code, and no other', () => {
  const rows = [...text('docs/errors.md').matchAll(/^\| `([A-Z_]+)` +\| ([A-Z_]+) +\|/gm)].map(([, reason, code]) => [
    reason,
    code,
  ]);
  expect(Object.fromEntries(rows)).toEqual(REASONS);
  expect(rows).toHaveLength(Object.keys(REASONS).length);
});

it('docs/configuration.md is what the services read', () => {
  const written = execFileSync(process.execPath, [join(root, 'scripts/document-settings.mjs'), '--print'], {
    encoding: 'utf8',
  });
  expect(text('docs/configuration.md')).toBe(written);
});

it('ARCHITECTURE.md has a line for every package', () => {
  const map = text('ARCHITECTURE.md');
  const missing = globSync(['libs/*', 'apps/*', 'migrations'], { cwd: root }).filter(
    (folder) => !map.includes(`\`${folder}\``),
  );
  expect(missing).toEqual([]);
});

it('links between documents, and files that documents name, exist', () => {
  const broken: string[] = [];
  for (const file of [...globSync(['*.md', 'docs/**/*.md'], { cwd: root })]) {
    for (const [, target] of text(file).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)) {
      if (!existsSync(join(root, dirname(file), target))) broken.push(`${file}: ${target}`);
    }
    for (const [, path] of text(file).matchAll(
      /`((?:libs|apps|test|scripts|proto|migrations|docs|helm|models)\/[\w./-]+\.\w+)`/g,
    )) {
      if (!existsSync(join(root, path))) broken.push(`${file}: ${path}`);
    }
  }
  expect(broken).toEqual([]);
});

it('the lock file knows the packages of every platform: npm ci refuses one made where some could not be fetched', () => {
  const { packages } = JSON.parse(text('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !packages[`node_modules/${name}`] && !packages[`${folder}/node_modules/${name}`],
    ),
  );
  expect(missing).toEqual([]);
});

it('no document or source names a path of the machine it was written on', () => {
  const files = globSync(
    ['*.md', 'docs/**/*', 'libs/*/src/**/*', 'apps/*/src/**/*', 'test/**/*.ts', 'scripts/*', 'helm/**/*', 'Dockerfile'],
    { cwd: root },
  );
  const found = files.filter(
    (file) =>
      /\.(ts|mjs|sh|md|ya?ml|tpl)$|Dockerfile$/.test(file) && /(^|[^\w./-])\/(work|root|home)\//.test(text(file)),
  );
  expect(found.filter((file) => !file.endsWith('documents.spec.ts'))).toEqual([]);
});
