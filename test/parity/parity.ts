// npm run parity: every network against the published implementation's answers to rule-made weights.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Architecture, buildGraph, findArchitecture } from '@resmask/architectures';
import { encodeModelChunks, type ModelProto } from '@resmask/onnx';
import { type SessionTensor, SessionThread } from '@resmask/runtime';
import { buildNetwork } from '../../apps/cli/dist/networks/build-network.js';
import { noiseImage, ruleWeights, waveImage } from '../support/rule-weights.ts';
import { feed, runModel } from '../support/run-model.ts';
import { SHARED } from '../support/samples.ts';
import { exactLogits } from './exact.ts';
import { compareExplanation, type ExplanationDifferences } from './explanation.ts';
import { type Reference, readReferences, readTrace, type Trace } from './reference.ts';
import { compareTrace } from './trace.ts';

const TOLERANCE = 1e-4;
/** Of what explains an answer, ÷ its size. */
const EXPLANATION_TOLERANCE = 1e-3;

interface Result {
  readonly network: string;
  /** Largest absolute difference of a logit, with batch normalisation folded and not. */
  readonly folded: number;
  readonly unfolded: number;
  /** Of the values inside the network, where the reference has some. */
  readonly trace?: number;
  /** Features, masks and class activation map, found by the form of the graph. */
  readonly explanation?: ExplanationDifferences;
  /** Distances from float64 arithmetic, where the tolerance was missed. */
  readonly exact?: { readonly reference: number; readonly folded: number; readonly unfolded: number };
  readonly writeSeconds: number;
  readonly peakMegabytes: number;
  readonly ok: boolean;
}

const { values } = parseArgs({
  options: { reference: { type: 'string' }, json: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const folder = values.reference ?? (SHARED && join(SHARED, 'reference/parity'));
if (!folder) {
  process.stderr.write('the reference vectors are not there; give their folder with --reference or RESMASK_SHARED\n');
  process.exit(2);
}
const workspace = mkdtempSync(join(tmpdir(), 'resmask-parity-'));
const results: Result[] = [];
try {
  for (const reference of readReferences(folder)) {
    if (values.only && values.only !== reference.file) continue;
    const result = await check(reference, folder);
    results.push(result);
    process.stdout.write(`${values.json ? JSON.stringify(result) : line(result)}\n`);
  }
} finally {
  rmSync(workspace, { recursive: true });
}
const failed = results.filter(({ ok }) => !ok).length;
if (!values.json) process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`);
process.exit(failed > 0 || results.length === 0 ? 1 : 0);

async function check(reference: Reference, from: string): Promise<Result> {
  const architecture = findArchitecture(reference.network);
  const trace = readTrace(from, reference.file);
  const unfolded = await write(architecture, reference, false, []);
  const unfoldedLogits = await run(unfolded.file, reference, ['logits']);
  const folded = await write(architecture, reference, true, trace ? ['masks', 'stages'] : []);
  const foldedLogits = await run(folded.file, reference, ['logits']);
  const inner = trace && (await compareTrace(trace, (outputs) => run(folded.file, reference, outputs)));
  // Before explaining, which holds the whole network once more.
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  const explanation = trace && (await explained(trace, architecture, reference));
  const differences = {
    folded: largestDifference(foldedLogits, reference.logits),
    unfolded: largestDifference(unfoldedLogits, reference.logits),
  };
  const within = Math.max(differences.folded, differences.unfolded, inner ?? 0) <= TOLERANCE;
  const exact = within ? undefined : exactDistances(architecture, reference, foldedLogits, unfoldedLogits);
  return {
    network: reference.file,
    ...differences,
    ...(inner !== undefined && { trace: inner }),
    ...(explanation && { explanation }),
    ...(exact && { exact }),
    writeSeconds: folded.seconds,
    peakMegabytes,
    // A reference that is itself farther from exact arithmetic than the tolerance cannot be met by anybody else's float32.
    ok:
      (within || (exact !== undefined && Math.max(exact.folded, exact.unfolded) <= exact.reference)) &&
      Math.max(...Object.values(explanation ?? {}), 0) <= EXPLANATION_TOLERANCE,
  };
}

function builtModel(architecture: Architecture, { input, statistics }: Reference): ModelProto {
  const [, channels, size] = input;
  return buildGraph(architecture, ruleWeights(statistics), { size, channels: channels as 1 | 3 }).build();
}

function explained(trace: Trace, architecture: Architecture, reference: Reference): Promise<ExplanationDifferences> {
  const [, channels, side] = reference.input;
  const input = feed([1, channels, side, side], noiseImage(channels, side));
  return compareExplanation(trace, builtModel(architecture, reference), async (model, outputs) => {
    // By way of a file, piece by piece: bytes handed to another thread would be there three times.
    const file = join(workspace, 'explained.onnx');
    await writeFile(file, encodeModelChunks(model));
    return runModel(file, { input }, outputs);
  });
}

function exactDistances(
  architecture: Architecture,
  reference: Reference,
  folded: readonly SessionTensor[][],
  unfolded: readonly SessionTensor[][],
) {
  const [, channels, side] = reference.input;
  const model = builtModel(architecture, reference);
  const images = [noiseImage(channels, side), waveImage(channels, side)];
  const exact = images.map((image) => [...exactLogits(model, image, channels, side)]);
  const fromExact = (logits: readonly (readonly number[])[]): number =>
    Math.max(...logits.flatMap((row, i) => row.map((value, j) => Math.abs(value - exact[i][j]))));
  return {
    reference: fromExact(reference.logits),
    folded: largestDifference(folded, exact),
    unfolded: largestDifference(unfolded, exact),
  };
}

async function write(
  architecture: Architecture,
  { input, statistics }: Reference,
  fold: boolean,
  outputs: readonly ('masks' | 'stages')[],
): Promise<{ file: string; seconds: number }> {
  const file = join(workspace, 'network.onnx');
  const [, channels, size] = input;
  const options = { size, channels: channels as 1 | 3, outputs };
  const weights = ruleWeights(statistics);
  const start = performance.now();
  await buildNetwork({ architecture, options, format: { fold, half: false }, file }, weights);
  return { file, seconds: statSync(file).size > 0 ? (performance.now() - start) / 1000 : 0 };
}

/** Both reference images, one after the other. */
async function run(file: string, { input }: Reference, outputs: readonly string[]): Promise<SessionTensor[][]> {
  const [, channels, side] = input;
  const thread = await SessionThread.open(file, { provider: 'cpu', threads: 2 });
  const rows: SessionTensor[][] = [];
  try {
    for (const data of [noiseImage(channels, side), waveImage(channels, side)]) {
      const feeds = { input: { type: 'float32' as const, dims: [1, channels, side, side], data } };
      rows.push([...(await thread.run(feeds, outputs)).tensors]);
    }
  } finally {
    await thread.close();
  }
  return rows;
}

function largestDifference(
  rows: readonly (readonly SessionTensor[])[],
  logits: readonly (readonly number[])[],
): number {
  const differences = rows.flatMap(([{ data }], row) =>
    logits[row].map((value, i) => Math.abs(Number(data[i]) - value)),
  );
  return Math.max(...differences);
}

function line({ network, folded, unfolded, trace, explanation, exact, writeSeconds, ok }: Result): string {
  const text = (value: number | undefined): string => (value?.toExponential(2) ?? '').padStart(9);
  const figures = `folded ${text(folded)}  unfolded ${text(unfolded)}  trace ${text(trace)}`;
  const rows = [`${ok ? 'ok    ' : 'FAILED'}  ${network.padEnd(22)} ${figures}  made in ${writeSeconds.toFixed(1)} s`];
  const told = (figuresByName: object): string =>
    Object.entries(figuresByName)
      .map(([name, value]) => `${name} ${text(value).trim()}`)
      .join(', ');
  if (explanation) rows.push(`        explanation, relative: ${told(explanation)}`);
  if (exact) rows.push(`        from float64 arithmetic: ${told(exact)}`);
  return rows.join('\n');
}
