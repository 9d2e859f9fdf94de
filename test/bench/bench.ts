// npm run bench -- SUITE [--quick] [--json FILE]: figures as ratios against the bare library, measured in one run.
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { networksSuite } from './networks-suite.ts';
import { registrySuite, transfersSuite } from './registry-suite.ts';
import type { Row } from './row.ts';
import { servingSuite } from './serving-suite.ts';

const SUITES: Readonly<Record<string, (quick: boolean) => AsyncIterable<Row>>> = {
  serving: servingSuite,
  networks: networksSuite,
  registry: registrySuite,
  transfers: transfersSuite,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
});
const [suite] = positionals;
const run = SUITES[suite];
if (!run) {
  process.stderr.write(
    `usage: npm run bench -- SUITE [--quick] [--json FILE]; suites are ${Object.keys(SUITES).join(', ')}\n`,
  );
  process.exit(2);
}
const machine = `${cpus()[0].model}, ${availableParallelism()} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
process.stdout.write(`${suite} on ${machine}\n`);
const rows: Row[] = [];
for await (const row of run(values.quick)) {
  rows.push(row);
  process.stdout.write(`${line(row)}\n`);
}
if (values.json) writeFileSync(values.json, `${JSON.stringify({ suite, machine, rows }, undefined, 2)}\n`);
process.exit(rows.some(({ ok }) => ok === false) ? 1 : 0);

function line({ id, what, got, want, unit, ok, why }: Row): string {
  const mark = ok === null ? '-     ' : ok ? 'ok    ' : 'MISSED';
  const wanted = want === null ? '' : ` (wanted ${want})`;
  return `${mark}  ${id.padEnd(28)} ${got === null ? '?' : Number(got.toPrecision(4))} ${unit}${wanted}  ${what}${why ? `; ${why}` : ''}`;
}
