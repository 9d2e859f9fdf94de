import { appendOnly, badChange, badRow, badValue, long, type Refusal, SHORT_DIGEST } from './refusal.js';
import { DIGEST } from './valid-rows.js';

const guardedVersion = (change: string, says: string): Refusal =>
  badChange('model_version', 'guard_model_version', `UPDATE registry.model_version SET ${change}`, says);
const immutable = (change: string): Refusal => guardedVersion(`${change} WHERE version = 2`, 'is immutable');

const guardedModel = (change: string, says: string): Refusal =>
  badChange('model', 'guard_model', `UPDATE registry.model SET ${change} WHERE id = 1`, says);

/** What the schema must not take of models, versions, their files and their members. */
export const REFUSALS_OF_VERSIONS: readonly Refusal[] = [
  badRow('model', 'model_pkey', { id: '1' }),
  badRow('model', 'model_name', { model_id: "'m'" }),
  badValue('model', 'namespace', "'Upper'"),
  badValue('model', 'model_id', "'-dash'"),
  badValue('model', 'task', "'speech'"),
  badValue('model', 'description', long(4096)),
  badValue('model', 'next_version', '0'),
  badValue('model', 'labels', "'[]'"),
  badRow('model', 'model_label_count', {
    labels: '(SELECT jsonb_object_agg(i, i::text) FROM generate_series(1, 65) AS i)',
  }),
  ...["''", "'Team'", "'-team'", "'team/'", "E'a\\nb'", long(63)].map((key) =>
    badRow('model', 'model_label_keys', { labels: `jsonb_build_object(${key}, 'x')` }),
  ),
  ...['1', 'null', "'{}'::jsonb", "'[]'::jsonb", long(255)].map((value) =>
    badRow('model', 'model_label_values', { labels: `jsonb_build_object('team', ${value})` }),
  ),

  guardedModel("namespace = 'other'", 'are immutable'),
  guardedModel("model_id = 'other'", 'are immutable'),
  guardedModel("task = 'face'", 'are immutable'),
  guardedModel('next_version = 6', 'has given out version 6 already'),
  guardedModel('delete_time = now()', 'has aliases'),

  badRow('model_version', 'model_version_pkey', { version: '1' }),
  badRow('model_version', 'model_version_model_fkey', { model: '99' }),
  badValue('model_version', 'version', '0'),
  badValue('model_version', 'digest', SHORT_DIGEST),
  badValue('model_version', 'architecture', long(63)),
  badValue('model_version', 'parameter_count', '-1'),
  badValue('model_version', 'description', long(4096)),
  badValue('model_version', 'licence', long(63)),
  badValue('model_version', 'model_card', long(65_536)),
  badValue('model_version', 'tags', "'[]'"),
  badValue('model_version', 'created_by', "''"),
  badRow('model_version', 'model_version_state_check', { state: "'lost'" }),
  badRow('model_version', 'model_version_kind_check', { kind: "'both'", input_spec: 'NULL' }),
  badRow('model_version', 'version_delete_time', { state: "'deleted'" }),
  badRow('model_version', 'version_delete_time', { delete_time: 'now()' }),
  badRow('model_version', 'version_input', { kind: "'ensemble'" }),
  badRow('model_version', 'version_input', { input_spec: 'NULL' }),

  immutable("digest = sha256('other')"),
  immutable("architecture = 'other'"),
  immutable('parameter_count = 5'),
  immutable(`input_spec = '{"planes":3}'`),
  immutable(`output_spec = '{"planes":3}'`),
  immutable("create_time = now() - interval '2 days'"),
  immutable("licence = 'MIT'"),
  immutable(`lineage = '{"run":1}'`),
  immutable("model_card = 'other'"),
  immutable("kind = 'ensemble', input_spec = NULL"),
  badChange(
    'model_version',
    'guard_version_creator',
    "UPDATE registry.model_version SET created_by = 'ann'",
    'the publisher of version',
  ),
  ...["state = 'archived'", "state = 'deleted', delete_time = now()"].map((change) =>
    badChange(
      'model_version',
      'guard_version_traffic',
      `UPDATE registry.model_version SET ${change} WHERE version = 6`,
      'is the canary or the shadow of an alias',
    ),
  ),
  guardedVersion("state = 'archived', delete_time = NULL WHERE version = 4", 'cannot go from deleted to archived'),
  guardedVersion("state = 'archived' WHERE version = 1", 'has aliases'),
  guardedVersion("state = 'deleted', delete_time = now() WHERE version = 1", 'has aliases'),
  guardedVersion("state = 'deleted', delete_time = now() WHERE version = 2", 'is a member of an ensemble'),
  guardedVersion(
    "state = 'ready', delete_time = NULL WHERE version = 5",
    'a member of version 5 of model 1 is deleted',
  ),

  badRow('artifact_blob', 'artifact_blob_pkey', { sha256: DIGEST }),
  badValue('artifact_blob', 'sha256', SHORT_DIGEST),
  badValue('artifact_blob', 'size_bytes', '0'),
  badRow('blob_namespace', 'blob_namespace_pkey', { namespace: "'default'" }),
  badValue('blob_namespace', 'namespace', "'Upper'"),
  badRow('blob_namespace', 'blob_namespace_sha256_fkey', { sha256: "sha256('gone')" }),

  badRow('version_file', 'version_file_pkey', { path: "'model.onnx'" }),
  badRow('version_file', 'version_file_model_version_position_key', { position: '0' }),
  badRow('version_file', 'version_file_model_version_fkey', { version: '99' }),
  badRow('version_file', 'version_file_sha256_fkey', { sha256: "sha256('gone')" }),
  badValue('version_file', 'position', '-1'),
  ...["'../model.onnx'", "'a/./b'", "'/etc/passwd'", "'a\\b'", "''", long(255)].map((path) =>
    badValue('version_file', 'path', path),
  ),

  {
    ...badRow('version_file', 'guard_version_file_new', { version: '2' }),
    says: 'version 2 of model 1 is published already',
  },
  ...appendOnly('version_file', 'position'),

  badRow('ensemble_member', 'ensemble_member_pkey', { position: '0' }),
  badRow('ensemble_member', 'ensemble_member_once', { member_version: '2' }),
  badRow('ensemble_member', 'ensemble_member_model_version_fkey', { version: '99' }),
  badRow('ensemble_member', 'ensemble_member_target', { member_version: '99' }),
  badValue('ensemble_member', 'position', '-1'),
  ...['0', "'Infinity'", "'NaN'"].map((weight) => badValue('ensemble_member', 'weight', weight)),
  {
    ...badRow('ensemble_member', 'guard_ensemble_member', { member_version: '4' }),
    says: 'member 4 of model 1 is deleted',
  },
  { ...badRow('ensemble_member', 'guard_ensemble_member', { member_version: '3' }), says: 'is an ensemble itself' },
  {
    ...badRow('ensemble_member', 'guard_ensemble_member_new', { version: '2' }),
    says: 'version 2 of model 1 is published already',
  },
  ...appendOnly('ensemble_member', 'weight', 'guard_ensemble_member_kept'),
];
