import { ARCHITECTURES, defaultSpec } from '@resmask/architectures';
import { InputSpec, ModelVersion, type PixelSource } from '@resmask/contracts/registry.v1';
import { parseModelSpec } from '@resmask/model-spec';
import { describe, expect, it } from 'vitest';
import { specFromMessages, specToMessages } from './spec-messages.js';

describe('specification messages', () => {
  it.each(ARCHITECTURES)('carry the specification of $name through the wire unchanged', (architecture) => {
    const spec = defaultSpec(architecture);
    const bytes = ModelVersion.encode(ModelVersion.fromPartial(specToMessages(spec))).finish();
    expect(specFromMessages(ModelVersion.decode(bytes))).toEqual(spec);
  });

  it.each([
    { decoder: 'yunet', tensors: Array.from({ length: 12 }, (_, i) => `output ${i}`), strides: [8, 16, 32] },
    { decoder: 'ultraface', tensors: ['scores', 'boxes'], strides: [] },
  ])('carry a $decoder detector through the wire unchanged', (output) => {
    const { input } = defaultSpec(ARCHITECTURES[0]);
    const thresholds = { scoreThreshold: 0.5, overlapThreshold: 0.3 };
    const spec = parseModelSpec({ input, output: { task: 'face', ...output, ...thresholds } });
    const bytes = ModelVersion.encode(ModelVersion.fromPartial(specToMessages(spec))).finish();
    expect(specFromMessages(ModelVersion.decode(bytes))).toEqual(spec);
  });

  it('are refused with every wrong field named when they are empty or unknown', () => {
    const inputSpec = InputSpec.fromPartial({ tensor: 'input', planes: 2, source: 77 as PixelSource });
    expect(() => specFromMessages({ architecture: '', inputSpec, outputSpec: undefined })).toThrow(
      expect.objectContaining({
        reason: 'SPEC_INVALID',
        violations: expect.arrayContaining(
          ['input.planes', 'input.source', 'input.height', 'output'].map((field) => expect.objectContaining({ field })),
        ),
      }),
    );
  });

  it('mean the default crop margin when they say none', () => {
    const { inputSpec, ...rest } = specToMessages(defaultSpec(ARCHITECTURES[0]));
    const message = inputSpec && { ...inputSpec, cropMargin: 0 };
    expect(specFromMessages({ ...rest, inputSpec: message }).input.cropMargin).toBe(1.1);
  });
});
