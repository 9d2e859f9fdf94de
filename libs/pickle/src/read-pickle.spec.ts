import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Allowance } from './allowance.js';
import { defaultPickleLimits, type PickleLimits } from './pickle-limits.js';
import type { AllowedGlobals } from './pickle-machine.js';
import { PickleDict, PickleList, PickleObject, PickleSet, PickleTuple, type PickleValue } from './pickle-value.js';
import { readPickle } from './read-pickle.js';

class Point extends PickleObject {
  readonly kind = 'a point';
  state: PickleValue = null;

  constructor(readonly args: readonly PickleValue[]) {
    super();
  }

  override setState(state: PickleValue): boolean {
    this.state = state;
    return true;
  }
}

const GLOBALS: AllowedGlobals = new Map<string, ((args: readonly PickleValue[]) => PickleValue) | PickleObject>([
  ['shapes.Point', (args) => new Point(args)],
  ['builtins.set', () => new PickleSet()],
]);

/** A pickle written by hand: text is bytes, one per character. */
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const read = (text: string, limits: Partial<PickleLimits> = {}): PickleValue =>
  readPickle(bytes(text), { globals: GLOBALS }, { ...defaultPickleLimits(), ...limits }).value;

/** Containers as arrays and maps, to compare with. */
function plain(value: PickleValue): unknown {
  if (value instanceof PickleTuple || value instanceof PickleList) return value.items.map(plain);
  if (value instanceof PickleSet) return new Set([...value.items].map(plain));
  if (value instanceof PickleDict) return new Map([...value.entries].map(([key, item]) => [plain(key), plain(item)]));
  if (value instanceof Point) return { point: value.args.map(plain), state: plain(value.state) };
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
}

describe('readPickle', () => {
  it.each([
    ['None', 'N.', null],
    ['booleans', '\x88.', true],
    ['booleans of protocol 0', 'I01\n.', true],
    ['bytes', 'K\xff.', 255],
    ['words', 'M\x01\x02.', 513],
    ['negative integers', 'J\xfe\xff\xff\xff.', -2],
    ['text integers', 'I-7\n.', -7],
    ['long integers', '\x8a\x02\xff\x7f.', 32767],
    ['negative long integers', '\x8a\x01\x80.', -128],
    ['no bytes of a long integer', '\x8a\x00.', 0],
    ['integers beyond 2^53', '\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.', 2n ** 64n],
    ['text long integers', 'L12L\n.', 12],
    ['big-endian floats', 'G\x3f\xf8\x00\x00\x00\x00\x00\x00.', 1.5],
    ['text floats', 'F-2.5\n.', -2.5],
    ['infinite text floats', 'F-inf\n.', Number.NEGATIVE_INFINITY],
    ['Unicode', 'X\x02\x00\x00\x00\xc3\xbc.', 'ü'],
    ['short Unicode', '\x8c\x01a.', 'a'],
    ['long Unicode', '\x8d\x01\x00\x00\x00\x00\x00\x00\x00a.', 'a'],
    ['text Unicode', 'Va\\u00fc\n.', 'aü'],
    ['strings of Python 2', 'U\x01\xe4.', 'ä'],
    ['quoted strings', "S'a\\n\\x41\\''\n.", "a\nA'"],
    ['bytes', 'C\x02\x00\xff.', '\x00\xff'],
    ['bytearrays', '\x96\x01\x00\x00\x00\x00\x00\x00\x00x.', 'x'],
    ['tuples', '(K\x01K\x02t.', [1, 2]],
    ['tuples of up to three', 'K\x01K\x02K\x03\x87.', [1, 2, 3]],
    ['lists', '](K\x01K\x02eK\x03a.', [1, 2, 3]],
    [
      'dicts',
      '}(K\x01K\x02uK\x03K\x04s.',
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
    ['dicts of protocol 0', '(K\x01K\x02d.', new Map([[1, 2]])],
    ['sets', '\x8f(K\x01K\x01\x90.', new Set([1])],
    ['frozen sets', '(K\x01\x91.', new Set([1])],
    ['values that are kept', 'K\x07q\x05h\x05\x86.', [7, 7]],
    ['values that are kept in order', '\x80\x04K\x07\x94h\x00\x86.', [7, 7]],
    ['values that are kept by text', 'K\x07p3\ng3\n\x86.', [7, 7]],
    ['values that are dropped', '(K\x020K\x03(1t.', [3]],
    ['values that are doubled', 'K\x012\x86.', [1, 1]],
    ['allowed globals', 'cshapes\nPoint\n(K\x01tR.', { point: [1], state: null }],
    ['allowed globals of protocol 4', '\x8c\x06shapes\x8c\x05Point\x93)\x81.', { point: [], state: null }],
    ['new objects with no keywords', 'cshapes\nPoint\n)}\x92.', { point: [], state: null }],
    ['objects of protocol 0', '(K\x01ishapes\nPoint\n.', { point: [1], state: null }],
    ['objects of protocol 1', '(cshapes\nPoint\nK\x01o.', { point: [1], state: null }],
    ['state', 'cshapes\nPoint\n)R}b.', { point: [], state: new Map() }],
    ["Python 2's names", 'c__builtin__\nset\n)R.', new Set()],
    ['frames', '\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00K\x01.', 1],
  ])('reads %s', (_what, text, value) => {
    expect(plain(read(text))).toEqual(value);
  });

  it('says how long the pickle is, and leaves the rest alone', () => {
    expect(readPickle(bytes('K\x01.K\x02.'), { globals: GLOBALS })).toEqual({ value: 1, length: 3 });
  });

  it('gives persistent ids to the caller', () => {
    const persistent = (id: PickleValue) => new Point([id]);
    expect(plain(readPickle(bytes('K\x05Q.'), { globals: GLOBALS, persistent }).value)).toEqual({
      point: [5],
      state: null,
    });
    expect(() => read('K\x05Q.')).toThrow('refers to something outside');
  });

  it('ends with containers that hold themselves', () => {
    const list = read(']q\x00h\x00a.') as PickleList;
    expect(list.items[0]).toBe(list);
  });
});

describe('what readPickle refuses', () => {
  it.each([
    ['cos\nsystem\n(X\x02\x00\x00\x00lstR.', 'os.system'],
    ['cposix\nsystem\n.', 'posix.system'],
    ['c__builtin__\neval\n(U\x011tR.', 'builtins.eval'],
    ['\x8c\x08builtins\x8c\x04exec\x93.', 'builtins.exec'],
    ['\x8c\x02os\x8c\x0bpath.exists\x93.', 'os.path.exists'],
    ["(S'ls'\nios\nsystem\n.", 'os.system'],
    ['c__proto__\nconstructor\n.', '__proto__.constructor'],
    ['\x82\x01.', 'extension registry'],
    ['\x97.', 'buffers outside'],
    ['cshapes\nPoint\n)}(U\x01aK\x01u\x92.', 'by keyword'],
    ['K\x01)R.', 'calls a number'],
    ['](K\x01t\x81.', 'calls a list'],
    ['cshapes\nPoint\n}b.', 'sets the state of shapes.Point'],
  ])('%j, naming %s', (text, name) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ reason: 'CHECKPOINT_UNSAFE' }));
    expect(() => read(text)).toThrow(name);
  });

  it.each([
    ['nothing', ''],
    ['an end that is missing', 'K\x01'],
    ['no result', '.'],
    ['a mark that is missing', 'K\x01t.'],
    ['a value below a mark', 'K\x01(\x85.'],
    ['bytes beyond the end', 'X\xff\xff\xff\xff.'],
    ['bytes far beyond the end', '\x8e\xff\xff\xff\xff\xff\xff\xff\xffx.'],
    ['a string that is not UTF-8', 'X\x01\x00\x00\x00\xff.'],
    ['a value that was never kept', 'h\x00.'],
    ['a list that is none', '}K\x01a.'],
    ['a key without a value', '}(K\x01u.'],
    ['no instruction', '\xff.'],
    ['a newer protocol', '\x80\x06N.'],
    ['a line without an end', 'I12'],
    ['a number that is none', 'Ione\n.'],
    ['a number that is too long', `I${'1'.repeat(300)}\n.`],
  ])('%s', (_what, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ reason: 'WEIGHTS_INVALID' }));
  });

  it.each<[string, string, Partial<PickleLimits>]>([
    ['more instructions', 'N0N0N.', { maxOpcodes: 4 }],
    ['a higher stack', 'NNNN.', { maxStack: 3 }],
    ['more marks', '((((N.', { maxStack: 3 }],
    ['more kept values', 'N\x94\x94\x94.', { maxMemo: 2 }],
    ['more memory', ']]]].', { allowance: new Allowance(200) }],
    ['longer strings', `X\xe8\x03\x00\x00${'a'.repeat(1000)}.`, { allowance: new Allowance(1000) }],
  ])('%s than it may have', (_what, text, limits) => {
    expect(() => read(text, limits)).toThrow(expect.objectContaining({ reason: 'CHECKPOINT_TOO_LARGE' }));
  });

  it('lets a billion laughs be one page: what is shared stays shared', () => {
    const allowance = new Allowance(100_000);
    // Each list holds the one before ten times.
    const doubling = `]${`q\x00](${'h\x00'.repeat(10)}e`.repeat(100)}.`;
    read(doubling, { allowance });
    expect(allowance.granted).toBeLessThan(40_000);
  });
});

describe('readPickle, given anything', () => {
  const whole = bytes(
    '\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01cshapes\nPoint\nq\x02(K\x01\x8a\x03\x01\x02\x03tq\x03Rq\x04}bh\x01](h\x00h\x04eG\x3f\xf8\x00\x00\x00\x00\x00\x00\x86u.',
  );
  const attempt = (damaged: Uint8Array): void => {
    const allowance = new Allowance(1_000_000);
    try {
      readPickle(damaged, { globals: GLOBALS }, { ...defaultPickleLimits(), allowance });
    } catch (error) {
      expect(error).toMatchObject({ name: 'DomainError' });
    }
    expect(allowance.granted).toBeLessThan(300 * damaged.length + 1000);
  };

  it('reads or refuses bytes that are changed, cut or inserted', () => {
    attempt(whole);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(3), fc.uint8Array({ maxLength: 4 }), (at, cut, inserted) =>
        attempt(Buffer.concat([whole.subarray(0, at), inserted, whole.subarray(at + cut)])),
      ),
      { numRuns: 2000 },
    );
  });

  it('reads or refuses random instructions', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt), { numRuns: 2000 });
  });
});
