import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GraphFacts } from './graph-facts.js';

/** What lies beside a staged model: how to tell that it is whole, and what a session needs to know of it. */
export interface StagedRecord {
  readonly optimized: boolean;
  readonly facts: GraphFacts;
  /** The model's files, its graph first, and their digests. */
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** Digests of the artifacts it was made of. */
  readonly artifacts: readonly string[];
}

const NAME = 'staged.json';

export async function writeStagedRecord(folder: string, record: StagedRecord): Promise<void> {
  await writeFile(join(folder, NAME), JSON.stringify(record, encoded));
}

/** Undefined where there is none that can be read. */
export async function readStagedRecord(folder: string): Promise<StagedRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, NAME), 'utf8'), decoded);
  } catch {
    return undefined;
  }
}

/** JSON has no arrays of float32; as base64 they keep every bit. */
function encoded(_key: string, value: unknown): unknown {
  if (!(value instanceof Float32Array)) return value;
  return { float32: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
}

function decoded(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('float32' in value)) return value;
  return new Float32Array(new Uint8Array(Buffer.from(String(value.float32), 'base64')).buffer);
}
