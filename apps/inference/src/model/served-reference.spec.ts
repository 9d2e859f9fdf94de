import type { LoadableVersion } from '@resmask/engine';
import { describe, expect, it } from 'vitest';
import { ServedReference } from './served-reference.js';

function version(name: string): LoadableVersion {
  return { name, digest: name } as LoadableVersion;
}

async function reference(meanings: string[], unloadable: readonly string[] = []) {
  const retired: string[] = [];
  const gate = { wait: Promise.resolve() };
  const served = await ServedReference.open<string>({
    resolve: async () => ({ version: version(meanings[0]) }),
    load: async (wanted) => {
      await gate.wait;
      if (unloadable.includes(wanted.name)) throw new Error(`${wanted.name} cannot be loaded`);
      return { version: wanted, model: wanted.name, release: () => {} };
    },
    onRetired: ({ name }) => retired.push(name),
    onSwitched: () => {},
    onAsideFailed: () => {},
  });
  return { served, retired, gate };
}

describe('ServedReference', () => {
  it('switches between two frames and retires the old version after its last one', async () => {
    const meanings = ['a'];
    const { served, retired } = await reference(meanings);
    const frame = served.use();
    meanings[0] = 'b';
    await served.refresh();
    expect([frame.model, served.model, retired]).toEqual(['a', 'b', []]);
    frame.release();
    expect(retired).toEqual(['a']);
  });

  it('looks again when it is asked to while a version is being tried that cannot be loaded', async () => {
    const meanings = ['a'];
    const { served, gate } = await reference(meanings, ['broken']);
    const trying = Promise.withResolvers<void>();
    gate.wait = trying.promise;
    meanings[0] = 'broken';
    const first = served.refresh();
    await Promise.resolve();
    meanings[0] = 'c';
    const second = served.refresh();
    trying.resolve();
    await Promise.all([first, second]);
    expect(served.model).toBe('c');
  });

  it('keeps serving what it has and says why when nothing else can be loaded', async () => {
    const meanings = ['a'];
    const { served } = await reference(meanings, ['broken']);
    meanings[0] = 'broken';
    await expect(served.refresh()).rejects.toThrow('broken cannot be loaded');
    expect(served.model).toBe('a');
  });

  it('retires what is closed only if nobody wants it kept', async () => {
    const kept = await reference(['a']);
    kept.served.close();
    expect(kept.retired).toEqual([]);
    const unloaded = await reference(['a']);
    unloaded.served.letGo(true);
    unloaded.served.close();
    expect(unloaded.retired).toEqual(['a']);
  });
});
