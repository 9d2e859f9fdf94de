// Format, lint, types, protos, generated code, structure: everything that can be checked without running a service.
import { spawnSync } from 'node:child_process';

const GENERATED = ['libs/contracts/src/gen', 'libs/contracts/descriptors.binpb', 'libs/onnx/src/gen'];

const checks = [
  ['format and lint', 'biome', ['ci', '--error-on-warnings', '--colors=off', '--reporter=summary', '.']],
  ['types of the tests', 'tsc', ['--project', 'tsconfig.spec.json']],
  ['protos', 'buf', ['lint']],
  ...['registry', 'inference'].map((service) => [
    `nothing that was promised in ${service}.v1 is broken`,
    'buf',
    ['breaking', 'proto', '--against', `libs/contracts/released/${service}.v1.binpb`],
  ]),
  ['generated code, made again', 'sh', ['scripts/generate.sh']],
  ['generated code is what is committed', 'git', ['diff', '--exit-code', '--stat', '--', ...GENERATED]],
  ['import directions and documents', 'vitest', ['run', '--project', 'unit', 'test/structure']],
];

let failed = 0;
for (const [name, command, args] of checks) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  const ok = status === 0;
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'}  ${name}\n`);
  if (ok) continue;
  failed += 1;
  process.stdout.write(`${stdout}${stderr}\n`);
}
process.stdout.write(`${checks.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
