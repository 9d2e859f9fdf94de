type Row = Readonly<Record<string, string>>;

export const DIGEST = "sha256('x')";
const YESTERDAY = "now() - interval '1 day'";
const VERSION_ONE: Row = { model: '1', version: '1' };
const MEASURED: Row = {
  ...VERSION_ONE,
  dataset: "'fer2013'",
  dataset_digest: DIGEST,
  split: "'test'",
  protocol_digest: DIGEST,
  predictions_digest: DIGEST,
  sample_count: '10',
  recorder: "'ann'",
};

/** For each table a row that every rule allows beside those of SEED, as SQL expressions by column. */
const ROWS: Readonly<Record<string, Row>> = {
  model: { namespace: "'default'", model_id: "'other'", task: "'expression'", description: "''" },
  artifact_blob: { sha256: "sha256('new')", size_bytes: '1' },
  model_version: {
    model: '1',
    version: '9',
    digest: DIGEST,
    architecture: "'tiny'",
    parameter_count: '4',
    input_spec: "'{}'",
    output_spec: "'{}'",
    description: "''",
  },
  version_file: { ...VERSION_ONE, position: '1', path: "'other.txt'", sha256: DIGEST },
  model_alias: { model: '1', alias: "'staging'", version: '1' },
  alias_event: { model: '1', alias: "'staging'", new_version: '1', reason: "''" },
  idempotency: { method: "'SetAlias'", request_id: 'gen_random_uuid()', fingerprint: DIGEST },
  namespace: { namespace: "'other'" },
  event: {
    namespace: "'default'",
    number: '9',
    method: "'SetAlias'",
    resource: "'models/m'",
    actor: "'ann'",
    reason: "''",
  },
  upload: {
    id: 'gen_random_uuid()',
    namespace: "'default'",
    sha256: DIGEST,
    size_bytes: '1',
    part_bytes: '1',
    expire_time: 'now()',
  },
  blob_namespace: { sha256: DIGEST, namespace: "'other'" },
  ensemble_member: { model: '1', version: '3', position: '1', member_model: '1', member_version: '1', weight: '1' },
  evaluation_record: { ...MEASURED, run: "''", correct_count: '5', metrics: "'{}'", finish_time: 'now()' },
  comparison_record: {
    ...MEASURED,
    baseline_model: '1',
    baseline_version: '2',
    baseline_predictions_digest: DIGEST,
    only_version_correct_count: '1',
    only_baseline_correct_count: '1',
  },
  approval: { ...VERSION_ONE, alias: "'staging'", approver: "'bob'", comment: "''" },
  gate_policy: { model: '1', alias: "'staging'", rules: "'[]'" },
  gate_result: {
    ...VERSION_ONE,
    alias: "'staging'",
    passed: 'true',
    policy_revision: '1',
    outcomes: "'[]'",
    actor: "'ann'",
  },
  migration: { timestamp: '1', name: "'later'" },
};

export const TABLES = Object.keys(ROWS);

/** SQL that inserts the table's valid row with some columns changed. */
export function insert(table: string, change: Row = {}): string {
  const row = { ...ROWS[table], ...change };
  const columns = Object.keys(row).join(', ');
  return `INSERT INTO registry.${table} (${columns}) OVERRIDING SYSTEM VALUE VALUES (${Object.values(row).join(', ')})`;
}

/**
 * To be run in the transaction that tries something out, because what a version consists of comes in its own transaction. A
 * deleted model, and another one. Its version 1 has an alias, 2 is a member of the ensemble 3, 4 is deleted, as is 5, the ensemble that it was a
 * member of; 2 is of yesterday, 6 is the alias's shadow; and one row of everything else.
 */
export const SEED: readonly string[] = [
  insert('namespace', { namespace: "'default'" }),
  insert('model', { id: '1', model_id: "'m'", next_version: '7' }),
  insert('model', { id: '2', model_id: "'gone'", delete_time: 'now()' }),
  insert('artifact_blob', { sha256: DIGEST }),
  insert('model_version', { model: '2', version: '1' }),
  insert('model_version', { version: '1' }),
  insert('model_version', { version: '2', create_time: YESTERDAY }),
  insert('model_version', { version: '3', kind: "'ensemble'", input_spec: 'NULL' }),
  insert('model_version', { version: '4' }),
  insert('model_version', { version: '5', kind: "'ensemble'", input_spec: 'NULL' }),
  insert('model_version', { version: '6' }),
  insert('version_file', { position: '0', path: "'model.onnx'" }),
  insert('ensemble_member', { position: '0', member_version: '2' }),
  insert('ensemble_member', { version: '5', member_version: '4' }),
  "UPDATE registry.model_version SET state = 'deleted', delete_time = now() WHERE version = 5 AND model = 1",
  "UPDATE registry.model_version SET state = 'deleted', delete_time = now() WHERE version = 4 AND model = 1",
  insert('model_alias', { alias: "'production'", shadow_version: '6' }),
  insert('alias_event', { id: '1', alias: "'production'" }),
  insert('idempotency', { request_id: "'00000000-0000-4000-8000-000000000000'" }),
  insert('event', { number: '1' }),
  insert('upload', { id: "'00000000-0000-4000-8000-000000000000'" }),
  insert('blob_namespace', { namespace: "'default'" }),
  insert('evaluation_record', { id: '1' }),
  insert('comparison_record', { id: '1' }),
  insert('approval', { id: '1', alias: "'production'" }),
  insert('gate_policy', { alias: "'production'" }),
  insert('gate_result', { id: '1' }),
];
