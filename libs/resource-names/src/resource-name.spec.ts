import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModelReference } from './model-reference.js';
import {
  formatAliasName,
  formatDatasetName,
  formatModelName,
  formatRunName,
  formatVersionName,
  parseAliasName,
  parseDatasetName,
  parseModelName,
  parseNamespace,
  parseResourceId,
  parseRunName,
  parseVersionName,
} from './resource-name.js';

const id = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,62}$/);
const aliasId = fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/).filter((alias) => alias !== 'latest');
const number = fc.integer({ min: 1, max: 999_999_999 });

describe('resource names', () => {
  it('come back from their text unchanged', () => {
    fc.assert(
      fc.property(id, id, number, aliasId, (namespace, model, version, alias) => {
        expect(parseModelName(formatModelName({ namespace, model }))).toEqual({ namespace, model });
        expect(parseVersionName(formatVersionName({ namespace, model, version }))).toEqual({
          namespace,
          model,
          version,
        });
        expect(parseAliasName(formatAliasName({ namespace, model, alias }))).toEqual({ namespace, model, alias });
        expect(parseDatasetName(formatDatasetName({ namespace, dataset: model }))).toEqual({
          namespace,
          dataset: model,
        });
        expect(parseRunName(formatRunName({ namespace, run: version }))).toEqual({ namespace, run: version });
        expect(parseNamespace(`namespaces/${namespace}`)).toBe(namespace);
      }),
    );
  });

  it('are refused or come back unchanged, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(formatModelName(parseModelName(text))).toBe(text);
        } catch (error) {
          expect(error).toMatchObject({ reason: 'RESOURCE_NAME_INVALID', code: 'INVALID_ARGUMENT' });
        }
      }),
    );
  });

  it.each([
    '',
    'namespaces/a',
    'namespaces/a/models/',
    'namespaces/a/models/b/',
    'namespaces/A/models/b',
    'namespaces/a/models/../b',
    'x/a/models/b',
  ])('refuse %j as a model, and say the form', (name) => {
    expect(() => parseModelName(name)).toThrow(
      `name: got "${name}"; the form is namespaces/{namespace}/models/{model}`,
    );
  });

  it('refuse version 0, leading zeros and aliases that could be mistaken', () => {
    expect(() => parseVersionName('namespaces/a/models/b/versions/0')).toThrow('is a number from 1');
    expect(() => parseVersionName('namespaces/a/models/b/versions/01')).toThrow('is a number from 1');
    expect(() => parseAliasName('namespaces/a/models/b/aliases/latest')).toThrow('except "latest"');
    expect(() => parseAliasName('namespaces/a/models/b/aliases/3')).toThrow('starting with a letter');
    expect(() => parseResourceId('Upper', 'model_id')).toThrow('model_id: got "Upper"');
  });
});

describe('model references', () => {
  it.each([
    ['resmasking', { model: 'resmasking', alias: 'production' }],
    ['resmasking@candidate', { model: 'resmasking', alias: 'candidate' }],
    ['resmasking/12', { model: 'resmasking', version: 12 }],
  ])('mean what they say: %s', (reference, meaning) => {
    expect(parseModelReference(reference)).toEqual(meaning);
  });

  it.each(['', '@production', 'a@', 'a/', 'a/0', 'a/-1', 'a@b/3', 'a/3@b', 'a b', 'A', 'a@1'])(
    'are refused: %j',
    (reference) => {
      expect(() => parseModelReference(reference)).toThrow(
        'allowed are "name" (its production alias), "name@alias" and "name/version"',
      );
    },
  );
});
