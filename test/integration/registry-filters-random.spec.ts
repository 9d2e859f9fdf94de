import { type ModelVersion, State } from '@resmask/client';
import type { ListModelVersionsRequest, ListModelVersionsResponse } from '@resmask/contracts/registry.v1';
import { type Comparison, type Filter, printFilter } from '@resmask/list-filter';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RegistryCalls } from '../support/registry-calls.js';
import { TinyRegistry } from '../support/tiny-registry.js';

const VERSIONS = 6;
const WORDS = ['', 'a', 'B', 'ab', '3', 'true'];
const ORDERED = ['=', '!=', '<', '<=', '>', '>='] as const;

const numberOf = ({ name }: ModelVersion): number => Number(name.split('/').at(-1));
const compare = (a: number, operator: string, b: number): boolean =>
  ({ '=': a === b, '!=': a !== b, '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b })[operator] ?? false;
const same = (operator: string, isSame: boolean): boolean => (operator === '!=' ? !isSame : isSame);

/** What filters mean, without a database. */
function fits(filter: Filter, version: ModelVersion): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.operands.every((operand) => fits(operand, version));
    case 'or':
      return filter.operands.some((operand) => fits(operand, version));
    case 'not':
      return !fits(filter.operand, version);
    case 'comparison':
      return comparisonFits(filter, version);
  }
}

function comparisonFits({ field, operator, value: { text, quoted } }: Comparison, version: ModelVersion): boolean {
  if (field === 'version') return compare(numberOf(version), operator, Number(text));
  if (field === 'state') return same(operator, State[version.state] === text);
  if (field === 'description' && operator === ':')
    return version.description.toLowerCase().includes(text.toLowerCase());
  if (field === 'description') return same(operator, version.description === text);
  if (field === 'tags') return text in version.tags;
  const tag = version.tags['x']?.value;
  if (tag?.$case === 'text') return same(operator, tag.value === text);
  return tag !== undefined &&
    !quoted &&
    /\d|true/.test(text) &&
    text.length > 0 &&
    typeof tag.value === typeof JSON.parse(text)
    ? same(operator, tag.value === JSON.parse(text))
    : false;
}

const literal = (quoted: boolean, ...texts: string[]) =>
  fc.record({ text: fc.constantFrom(...texts), quoted: fc.constant(quoted) });
const comparison = (
  field: string,
  operators: readonly Comparison['operator'][],
  value: fc.Arbitrary<Comparison['value']>,
) =>
  fc.record({
    kind: fc.constant('comparison' as const),
    field: fc.constant(field),
    operator: fc.constantFrom(...operators),
    value,
    fieldAt: fc.constant(0),
    valueAt: fc.constant(0),
  });
const COMPARISONS = fc.oneof(
  comparison('version', ORDERED, literal(false, '0', '2', '3', '2.5', '1e9')),
  comparison('state', ['=', '!='], literal(false, 'STATE_READY', 'STATE_ARCHIVED')),
  comparison('description', ['=', '!=', ':'], literal(true, ...WORDS)),
  comparison('tags', [':'], literal(false, 'x', 'y')),
  comparison('tags.x', ['=', '!='], fc.oneof(literal(true, ...WORDS), literal(false, '3', 'true', 'a'))),
);
const { FILTERS } = fc.letrec<{ FILTERS: Filter }>((tie) => ({
  FILTERS: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'filter' },
    COMPARISONS,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      operands: fc.array(tie('FILTERS'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), operand: tie('FILTERS') }),
  ),
}));
const ORDERS = ['', 'version', 'architecture, version', 'size_bytes desc', 'create_time', 'create_time desc, version'];

let registry: TinyRegistry;
let calls: RegistryCalls;
let model: string;
let versions: ModelVersion[];

beforeAll(async () => {
  registry = await TinyRegistry.start();
  calls = new RegistryCalls(registry.platform.service('registry').address);
  model = await registry.model(VERSIONS);
  const tags = [
    { $case: 'number' as const, value: 3 },
    { $case: 'text' as const, value: '3' },
    { $case: 'flag' as const, value: true },
    { $case: 'text' as const, value: 'a' },
  ];
  for (const [i, value] of tags.entries()) {
    const change = { description: WORDS[i], tags: { x: { value } } };
    await registry.client.updateModelVersion(`${model}/versions/${i + 1}`, change);
  }
  await registry.client.archiveModelVersion(`${model}/versions/4`);
  versions = await Array.fromAsync(registry.client.listModelVersions(model));
});
afterAll(async () => {
  calls.close();
  await registry.stop();
});

async function list(filter: string, orderBy: string, pageSize: number): Promise<number[]> {
  const numbers: number[] = [];
  let pageToken = '';
  do {
    const page: ListModelVersionsResponse = await calls.call<ListModelVersionsRequest, ListModelVersionsResponse>(
      (stub) => stub.listModelVersions,
      { parent: model, pageSize, pageToken, showDeleted: false, filter, orderBy },
    );
    numbers.push(...page.modelVersions.map(numberOf));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return numbers;
}

it('random filters, orders and pages give what they mean', async () => {
  const isRising = (orderBy: string): boolean => ['version', 'architecture, version', 'create_time'].includes(orderBy);
  await fc.assert(
    fc.asyncProperty(
      FILTERS,
      fc.constantFrom(...ORDERS),
      fc.integer({ min: 1, max: 7 }),
      async (filter, orderBy, size) => {
        const text = printFilter(filter);
        fc.pre(text.length <= 1024 && text.split(/ (?:AND|OR) /).length <= 32);
        const expected = versions.filter((version) => fits(filter, version)).map(numberOf);
        const inOrder = isRising(orderBy) ? expected.toReversed() : expected;
        expect(await list(text, orderBy, size), text).toEqual(inOrder);
      },
    ),
    { numRuns: 300 },
  );
});
