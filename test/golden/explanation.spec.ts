import { join } from 'node:path';
import { buildGraph, findArchitecture } from '@resmask/architectures';
import { expect, it } from 'vitest';
import { compareExplanation } from '../parity/explanation.js';
import { readReferences, readTrace } from '../parity/reference.js';
import { noiseImage, ruleWeights } from '../support/rule-weights.js';
import { feed, runModel } from '../support/run-model.js';
import { SHARED } from '../support/samples.js';

it.skipIf(!SHARED)('features, masks and Grad-CAM of the paper’s network are those of the published code', async () => {
  const folder = join(SHARED ?? '', 'reference/parity');
  const name = 'resmasking_dropout1';
  const reference = readReferences(folder).find(({ file }) => file === name);
  const trace = readTrace(folder, name);
  if (!reference || !trace) throw new TypeError('the reference has no trace');
  const model = buildGraph(findArchitecture(name), ruleWeights(reference.statistics)).build();
  const input = feed([1, 3, 224, 224], noiseImage(3, 224));
  const differences = await compareExplanation(trace, model, (more, outputs) => runModel(more, { input }, outputs));
  for (const [what, difference] of Object.entries(differences)) expect(difference, what).toBeLessThan(1e-3);
});
