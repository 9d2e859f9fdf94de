import type { LoadableVersion, Resolution } from '@resmask/engine';
import { describe, expect, it } from 'vitest';
import { ServedReference } from './served-reference.js';

const version = (name: string): LoadableVersion => ({ name, digest: name }) as LoadableVersion;

async function reference(first: Resolution, unloadable: readonly string[] = []) {
  const now = { resolution: first };
  const [retired, failed]: string[][] = [[], []];
  const served = await ServedReference.open<string>({
    resolve: async () => now.resolution,
    load: async (wanted) => {
      if (unloadable.includes(wanted.name)) throw new Error(`${wanted.name} cannot be loaded`);
      return { version: wanted, model: wanted.name, release: () => {} };
    },
    onRetired: ({ name }) => retired.push(name),
    onSwitched: () => {},
    onAsideFailed: ({ name }) => failed.push(name),
  });
  return { served, now, retired, failed };
}

describe('a reference with a canary', () => {
  const canary = { version: version('canary'), percent: 25 };

  it('gives the canary its share of draws, and each draw always the same version', async () => {
    const { served } = await reference({ version: version('main'), canary });
    const models = Array.from({ length: 100 }, (_, draw) => served.use(draw).model);
    expect(models.filter((model) => model === 'canary')).toHaveLength(25);
    expect(served.use(24.9).model).toBe('canary');
    expect(served.use(25).model).toBe('main');
    expect(served.use().model).toBe('main');
  });

  it('goes back to the version itself when the canary ends, and lets the canary go after its last frame', async () => {
    const { served, now, retired } = await reference({ version: version('main'), canary });
    const frame = served.use(0);
    now.resolution = { version: version('main') };
    await served.refresh();
    expect([frame.model, served.use(0).model, retired]).toEqual(['canary', 'main', []]);
    frame.release();
    expect(retired).toEqual(['canary']);
  });

  it('serves all streams when the canary cannot be loaded', async () => {
    const { served, failed } = await reference({ version: version('main'), canary }, ['canary']);
    expect(served.isCanary(0)).toBe(false);
    expect([served.use(0).model, failed]).toEqual(['main', ['canary']]);
  });

  it('becomes the canary’s when that is promoted', async () => {
    const { served, now } = await reference({ version: version('main'), canary });
    now.resolution = { version: version('canary') };
    await served.refresh();
    expect([served.use(0).model, served.use(99).model, served.isCanary(0)]).toEqual(['canary', 'canary', false]);
  });
});

describe('a reference with a shadow', () => {
  it('has it beside the version that answers, as long as the alias names it', async () => {
    const { served, now, retired } = await reference({ version: version('main'), shadow: version('shadow') });
    const frame = served.useShadow();
    expect([frame?.model, served.use(0).model]).toEqual(['shadow', 'main']);
    now.resolution = { version: version('main') };
    await served.refresh();
    frame?.release();
    expect([served.useShadow(), retired]).toEqual([undefined, ['shadow']]);
  });
});
