import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkpointLimits } from './checkpoint-limits.js';
import { readCheckpoint } from './read-checkpoint.js';
import { writeSafetensors } from './write-safetensors.js';

const FOLDER = new URL('../../../test/golden/checkpoints/', import.meta.url);
const fixture = (name: string): Buffer => readFileSync(new URL(name, FOLDER));

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_MS = 1000;

/** Reads a file that may be damaged, and every tensor of it: data or a DomainError, in time, in memory. */
async function attempt(file: Buffer): Promise<'read' | 'refused'> {
  const limits = checkpointLimits(file.length);
  const start = performance.now();
  try {
    const { tensors } = await readCheckpoint(file, limits);
    let written = 0;
    for (const piece of writeSafetensors(tensors)) written += piece.length;
    expect(written).toBeLessThan(MAX_BYTES);
    return 'read';
  } catch (error) {
    expect(error).toMatchObject({ name: 'DomainError' });
    return 'refused';
  } finally {
    expect(limits.memory.granted).toBeLessThan(MAX_BYTES);
    expect(performance.now() - start).toBeLessThan(MAX_MS);
  }
}

/** One change of a file: some bytes become others, or are gone. */
const change = (size: number) =>
  fc.record({
    at: fc.nat(size - 1),
    cut: fc.nat(8),
    inserted: fc.uint8Array({ maxLength: 8 }),
    keepsLength: fc.boolean(),
  });

describe.each([
  'trainer.zip.pt',
  'views.zip.pt',
  'deflated.zip.pt',
  'new-kinds.zip.pt',
  'trainer.legacy.pt',
  'views.legacy.pt',
  'objects.zip.pt',
  'safetensors',
])('%s, damaged', (name) => {
  let whole: Buffer;
  beforeAll(async () => {
    if (name !== 'safetensors') whole = fixture(name);
    else whole = Buffer.concat([...writeSafetensors((await readCheckpoint(fixture('views.zip.pt'))).tensors)]);
  });

  it('is read or refused, never anything else, within a second and 64 MB', async () => {
    expect(await attempt(whole)).toBe('read');
    const outcomes = new Set<string>();
    const property = fc.asyncProperty(change(whole.length), async ({ at, cut, inserted, keepsLength }) => {
      const rest = whole.subarray(at + (keepsLength ? inserted.length : cut));
      outcomes.add(await attempt(Buffer.concat([whole.subarray(0, at), inserted, rest])));
    });
    await fc.assert(property, { numRuns: 600 });
    expect(outcomes).toContain('refused');
  }, 60_000);
});

describe('the pickle of a zip checkpoint, damaged', () => {
  it('is read or refused when its checksum does not tell', async () => {
    const whole = fixture('views.zip.pt');
    const start = whole.indexOf('\x80\x02', 0, 'latin1');
    const end = whole.indexOf('PK\x07\x08', start);
    // Without checksums every change reaches the interpreter.
    for (let at = whole.indexOf('PK\x01\x02'); at >= 0; at = whole.indexOf('PK\x01\x02', at + 1))
      whole.writeUInt32LE(0, at + 16);
    const outcomes = { read: 0, refused: 0 };
    const property = fc.asyncProperty(fc.integer({ min: start, max: end - 1 }), fc.nat(255), async (at, value) => {
      const damaged = Buffer.from(whole);
      damaged[at] = value;
      outcomes[await attempt(damaged)] += 1;
    });
    await fc.assert(property, { numRuns: 3000 });
    expect(outcomes.read).toBeGreaterThan(100);
    expect(outcomes.refused).toBeGreaterThan(1000);
  }, 60_000);
});
