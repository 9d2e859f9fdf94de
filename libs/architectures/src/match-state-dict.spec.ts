import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, findArchitecture } from './architectures.js';
import { guessNetwork } from './guess-network.js';
import { describeDifferences, matchStateDict } from './match-state-dict.js';
import type { NetworkOptions } from './network-options.js';
import { stateDict } from './state-dict.js';

/** A checkpoint's shapes as PyTorch saves them, with counters and second names. */
function shapesOf(name: string, options: Partial<NetworkOptions> = {}): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const { key, shape, alias } of stateDict(findArchitecture(name), options)) {
    for (const name of alias === undefined ? [key] : [key, alias]) {
      shapes.set(name, shape);
      if (name.endsWith('running_var')) shapes.set(name.replace('running_var', 'num_batches_tracked'), []);
    }
  }
  return shapes;
}

describe('matchStateDict', () => {
  const resmasking = findArchitecture('resmasking_dropout1');

  it('finds nothing wrong with a whole state dict, whichever of two names a tensor has', () => {
    const shapes = shapesOf('resmasking_dropout1');
    expect(shapes.size).toBe(740);
    expect(describeDifferences(matchStateDict(resmasking, {}, shapes))).toEqual([]);
    const aliases = [...shapes.keys()].filter((key) => /^mask\d\.downsample/.test(key));
    for (const key of aliases) shapes.delete(key);
    expect(describeDifferences(matchStateDict(resmasking, {}, shapes))).toEqual([]);
  });

  it('names what is missing, of another shape and unexpected', () => {
    const shapes = shapesOf('resmasking_dropout1').set('fc.1.bias', [8]).set('fc.2.weight', [1]);
    shapes.delete('conv1.weight');
    expect(describeDifferences(matchStateDict(resmasking, {}, shapes))).toEqual([
      '1 missing: conv1.weight',
      '1 of another shape: fc.1.bias is 8, needed is 7',
      '1 unexpected: fc.2.weight',
    ]);
  });

  it('lists twenty and counts the rest', () => {
    const [text] = describeDifferences(matchStateDict(resmasking, {}, new Map()));
    expect(text).toMatch(/^518 missing: conv1\.weight, bn1\.weight, .* and 498 more$/);
    expect(text.split(', ')).toHaveLength(20);
  });

  it('does not mind what only training needs', () => {
    const shapes = shapesOf('inception_v3').set('AuxLogits.fc.weight', [1000, 768]);
    expect(describeDifferences(matchStateDict(findArchitecture('inception_v3'), {}, shapes))).toEqual([]);
  });
});

describe('guessNetwork', () => {
  it.each(ARCHITECTURES.map(({ name }) => name))('knows %s by its own keys', (name) => {
    expect(guessNetwork(shapesOf(name))).toMatchObject({ network: name, options: {}, exact: true });
  });

  it('reads classes, planes, width and masks from the shapes', () => {
    const options = { classes: 8, channels: 1, width: 0.5, mask: 'sigmoid' } as const;
    expect(guessNetwork(shapesOf('resmasking_dropout2', options))).toEqual({
      network: 'resmasking_dropout2',
      options,
      exact: true,
      reason: 'its keys and shapes are the 528 of resmasking_dropout2',
    });
  });

  it('says what does not fit, and guesses nothing from foreign keys', () => {
    const shapes = shapesOf('resnet34').set('extra.weight', [3]);
    expect(guessNetwork(shapes)).toMatchObject({
      network: 'resnet34',
      exact: false,
      reason: expect.stringContaining('0 are missing, 0 have another shape, and 1 are unexpected'),
    });
    expect(guessNetwork(new Map([['encoder.layer.0.weight', [8, 8]]]))).toBeUndefined();
  });
});
