import { findAttentionMasks, findClassActivation } from '@resmask/onnx';
import { expect, it } from 'vitest';
import { ARCHITECTURES } from './architectures.js';
import { buildGraph } from './build-graph.js';
import { seededWeights } from './weight-source.js';

const UNITS = ['stage1.unit2', 'stage2.unit2', 'stage3.unit2'].map((unit) => `features.${unit}.middle_block`);
const BAM = ['stage2', 'stage3', 'stage4'].map((stage) => `features.${stage}.unit1.bam`);
const FOUR = ['mask1', 'mask2', 'mask3', 'mask4'];

/** Of each classifier: what is averaged before its linear layer, and its masks. */
const FORMS: Readonly<Record<string, readonly [features: string | undefined, masks: readonly string[]]>> = {
  'resmasking-compact': ['refined.3', ['masks.0', 'masks.1', 'masks.2', 'masks.3']],
  resmasking_dropout1: ['refined4', FOUR],
  resmasking: ['refined4', FOUR],
  resmasking_dropout2: [undefined, FOUR],
  resnet18: ['layer4.1.relu', []],
  resnet34: ['layer4.2.relu', []],
  resnet50: ['layer4.2.relu', []],
  resnet101: ['layer4.2.relu', []],
  resnet152: ['layer4.2.relu', []],
  vgg19: [undefined, []],
  densenet121: ['features.norm5.relu', []],
  googlenet: ['inception5b.cat', []],
  inception_v3: ['Mixed_7c.cat', []],
  efficientnet_b2b: ['features.final_block.activ', []],
  cbam_resnet50: ['features.stage4.unit3.relu', []],
  bam_resnet50: ['features.stage4.unit3.res_unit.relu', BAM],
  resattnet56: ['features.post_activ.relu', UNITS],
};

it.each(ARCHITECTURES.filter(({ name }) => name !== 'tiny-face-detector'))(
  '$name tells whether it has a class activation map, and its masks',
  (architecture) => {
    const model = buildGraph(architecture, seededWeights(1), { width: 1 / 8 }).build();
    const found = findClassActivation(model, 'logits');
    const masks = findAttentionMasks(model).map(({ name }) => name);
    expect([found?.features, masks]).toEqual(FORMS[architecture.name]);
    if (found) expect(found.weights.shape[0]).toBe(7);
  },
);
