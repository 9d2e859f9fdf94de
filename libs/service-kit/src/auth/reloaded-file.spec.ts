import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ReloadedFile } from './reloaded-file.js';

let folder: string;
let path: string;
const log: string[] = [];
const logger = pino({ level: 'info' }, { write: (line: string) => log.push(line) });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resmask-file-'));
  path = join(folder, 'file.json');
  log.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));

it('gives what the file says, a change within two seconds, and the old one while the new one is wrong', async () => {
  await writeFile(path, '1');
  const file = await ReloadedFile.open<number>(path, JSON.parse, logger);
  expect(await file.current()).toBe(1);
  await writeFile(path, '22');
  await delay(1050);
  expect(await file.current()).toBe(22);
  await writeFile(path, 'wrong');
  await delay(1050);
  expect(await file.current()).toBe(22);
  await rm(path);
  await delay(1050);
  expect(await file.current()).toBe(22);
  const told = log.map((line) => JSON.parse(line).msg);
  const stays = 'cannot be used after a change; the old one stays';
  expect(told).toEqual(['read again after a change', stays, stays]);
});

it('cannot begin with a file that is not there', async () => {
  await expect(ReloadedFile.open(path, JSON.parse, logger)).rejects.toMatchObject({ reason: 'CONFIG_INVALID' });
});
