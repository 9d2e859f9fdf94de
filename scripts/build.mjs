// Compiles every workspace, then builds the ONNX files of the shipped networks if something they come from is newer.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';

const models = ['resmasking-compact', 'tiny-face-detector'];
const sources = [
  'models/*',
  'libs/{errors,tensor,onnx,pickle,model-spec,architectures,checkpoints}/dist/**/*.js',
  'apps/cli/dist/networks/*.js',
];

run('tsc', ['--build']);
const newest = Math.max(...globSync(sources).map((path) => statSync(path).mtimeMs));
for (const model of models) {
  const target = `build/models/${model}.onnx`;
  if (existsSync(target) && statSync(target).mtimeMs > newest) continue;
  run('resmask', ['networks', 'build', model, '-o', target]);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
