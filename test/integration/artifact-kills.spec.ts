import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ArtifactStore } from '@resmask/artifacts';
import { DomainError } from '@resmask/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PART_BYTES, SampleUpload, sampleBytes } from '../support/sample-upload.js';
import { STORE_KINDS, type StorePlace } from '../support/store-place.js';

const SENDER = fileURLToPath(new URL('../support/part-sender.ts', import.meta.url));
const SIZE_BYTES = 3 * PART_BYTES + 777;
/** Milliseconds into each step at which the process is killed. */
const DELAYS = process.env['RESMASK_TEST_LONG'] ? [0, 1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96] : [0, 12];
const STEPS = [1, 2, 3, 4, 'completing'] as const;
const KILLS = STEPS.flatMap((step) => DELAYS.map((delay) => ({ step, delay })));

type Step = (typeof STEPS)[number];
type Message = { begun: Step } | { answered: Step };

describe.each(STORE_KINDS.filter(({ there }) => there))('an upload to $kind', ({ start }) => {
  let place: StorePlace;
  let store: ArtifactStore;

  beforeAll(async () => {
    place = await start();
    store = await place.open();
  });
  afterAll(() => place.remove());

  it.each(KILLS)('survives kill -9 of its process $delay ms into step $step', async ({ step, delay }) => {
    const seed = `killed ${step} ${delay}`;
    const upload = new SampleUpload(sampleBytes(seed, SIZE_BYTES));
    const id = randomUUID();
    const { begun, answered } = await sendAndKill(place, { id, seed, sizeBytes: SIZE_BYTES }, step, delay);
    if (await store.has(upload.whole.sha256)) {
      expect(begun).toContain('completing');
      expect((await store.readAll(upload.whole.sha256)).equals(upload.bytes)).toBe(true);
    } else {
      const there: Step[] = (await store.stagedParts(id)).map(({ partNumber }) => partNumber as Step);
      expect(there).toEqual(expect.arrayContaining(answered));
    }
    await resume(store, id, upload);
    expect((await store.readAll(upload.whole.sha256)).equals(upload.bytes)).toBe(true);
    await expect(store.stagedParts(id)).rejects.toMatchObject({ reason: 'UPLOAD_NOT_FOUND' });
  });
});

/** @returns the steps that were begun and answered before the process was killed */
async function sendAndKill(
  { location, s3 }: StorePlace,
  upload: { readonly id: string; readonly seed: string; readonly sizeBytes: number },
  step: Step,
  delay: number,
): Promise<{ begun: Step[]; answered: Step[] }> {
  const work = { location, s3, ...upload, partNumbers: STEPS.slice(0, -1), complete: true };
  const child = fork(SENDER, [JSON.stringify(work)]);
  const exited = once(child, 'exit');
  const begun: Step[] = [];
  const answered: Step[] = [];
  child.on('message', (message: Message) => {
    if ('answered' in message) answered.push(message.answered);
    else begun.push(message.begun);
  });
  await beginning(child, step);
  await sleep(delay);
  child.kill('SIGKILL');
  const [, signal] = await exited;
  expect(signal).toBe('SIGKILL');
  return { begun, answered };
}

function beginning(child: ChildProcess, step: Step): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: Message) => {
      if ('begun' in message && message.begun === step) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the sender ended with ${code} before step ${step}`)));
  });
}

/** What a client does that knows nothing but its id: complete, and send what is said to be missing. */
async function resume(store: ArtifactStore, id: string, upload: SampleUpload): Promise<void> {
  try {
    await store.completeStaged(id, upload.whole);
  } catch (error) {
    if (!(error instanceof DomainError) || error.reason !== 'UPLOAD_INCOMPLETE') throw error;
    for (const missing of error.metadata['missing_parts'].split(', ')) await upload.send(store, id, Number(missing));
    await store.completeStaged(id, upload.whole);
  }
}
