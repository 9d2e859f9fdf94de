import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Task } from '@resmask/client';
import { CreateModelRequest, Model } from '@resmask/contracts/registry.v1';
import { migrate } from '@resmask/database';
import { registryMigrations, registrySchema } from '@resmask/migrations/registry';
import { parseModelSpec } from '@resmask/model-spec';
import { Client } from 'pg';
import { sha256 } from './publish.js';
import { createTestDatabase } from './test-database.js';
import { TINY_SPEC, tinyModel } from './tiny-model.js';

/** The previous release had the first migration only. */
const MIGRATIONS = 1;
export const OLD_REQUEST = '5d1c7c1e-0f5e-4c1b-9d0e-3f6f6a1f2b11';

export interface PreviousRelease {
  readonly url: string;
  /** The store's folder. */
  readonly artifacts: string;
}

/**
 * A database and a store as the previous release left them: default/classifier with versions 1 to 3, which `production` has
 * pointed at one after the other, and team/other with one version and the same bytes as classifier's first.
 */
export async function previousRelease(folder: string): Promise<PreviousRelease> {
  const url = await createTestDatabase();
  await migrate({ url, schema: registrySchema, migrations: registryMigrations.slice(0, MIGRATIONS) });
  const client = new Client({ connectionString: url });
  await client.connect();
  const artifacts = join(folder, 'registry');
  try {
    await client.query('SET search_path = registry');
    const classifier = await oldModel(client, 'default', 'classifier');
    for (const seed of [1, 2, 3]) await oldVersion(client, artifacts, classifier, seed, seed);
    for (const version of [1, 2, 3]) await oldMove(client, classifier, version);
    await oldVersion(client, artifacts, await oldModel(client, 'team', 'other'), 1, 1);
    await oldRequest(client);
  } finally {
    await client.end();
  }
  return { url, artifacts };
}

async function oldModel(client: Client, namespace: string, model: string): Promise<string> {
  const { rows } = await client.query(
    "INSERT INTO model (namespace, model_id, task, description) VALUES ($1, $2, 'expression', 'old') RETURNING id",
    [namespace, model],
  );
  return rows[0].id;
}

async function oldVersion(
  client: Client,
  artifacts: string,
  model: string,
  version: number,
  seed: number,
): Promise<void> {
  const bytes = tinyModel(seed);
  const hash = sha256(bytes);
  const file = join(artifacts, 'sha256', hash.slice(0, 2), hash);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  await client.query('UPDATE model SET next_version = next_version + 1, revision = revision + 1 WHERE id = $1', [
    model,
  ]);
  const blob = Buffer.from(hash, 'hex');
  await client.query('INSERT INTO artifact_blob (sha256, size_bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    blob,
    bytes.length,
  ]);
  const { input, output, architecture } = parseModelSpec(TINY_SPEC);
  const manifest = { files: [{ path: 'model.onnx', sizeBytes: bytes.length, sha256: hash }], input, output };
  await client.query(
    `INSERT INTO model_version (model, version, digest, architecture, parameter_count, input_spec, output_spec, description)
       VALUES ($1, $2, $3, $4, 4, $5, $6, 'as it was')`,
    [model, version, createHash('sha256').update(JSON.stringify(manifest)).digest(), architecture, input, output],
  );
  await client.query(
    "INSERT INTO version_file (model, version, position, path, sha256) VALUES ($1, $2, 0, 'model.onnx', $3)",
    [model, version, blob],
  );
}

async function oldMove(client: Client, model: string, version: number): Promise<void> {
  await client.query(
    `INSERT INTO model_alias (model, alias, version) VALUES ($1, 'production', $2)
       ON CONFLICT (model, alias) DO UPDATE SET version = $2, revision = model_alias.revision + 1, update_time = now()`,
    [model, version],
  );
  await client.query(
    "INSERT INTO alias_event (model, alias, old_version, new_version, reason) VALUES ($1, 'production', $2, $3, $4)",
    [model, version === 1 ? null : version - 1, version, `try ${version}`],
  );
}

/** The request that made the first model, and its response, kept for whoever repeats it. */
async function oldRequest(client: Client): Promise<void> {
  const request = CreateModelRequest.fromPartial({
    parent: 'namespaces/default',
    modelId: 'classifier',
    model: { task: Task.TASK_EXPRESSION, description: 'old' },
  });
  const response = Model.fromPartial({ name: 'namespaces/default/models/classifier', description: 'as it was made' });
  await client.query(
    "INSERT INTO idempotency (method, request_id, fingerprint, response) VALUES ('CreateModel', $1, $2, $3)",
    [
      OLD_REQUEST,
      createHash('sha256').update(CreateModelRequest.encode(request).finish()).digest(),
      Buffer.from(Model.encode(response).finish()),
    ],
  );
}
