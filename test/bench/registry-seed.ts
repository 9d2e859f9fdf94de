import { Client } from 'pg';

export const NAMESPACE = 'bench';

export interface SeedSize {
  readonly models: number;
  readonly versionsOfEach: number;
}

/**
 * Fills the registry's tables by SQL, because a hundred thousand uploads would take longer than everything that is measured: every
 * model with its versions, a file of each, and the aliases `production` and `candidate` at one of them.
 */
export async function seedRegistry(databaseUrl: string, { models, versionsOfEach }: SeedSize): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  // Files are taken only in the transaction that makes their version.
  await client.query('BEGIN');
  await client.query(MODELS, [NAMESPACE, models, versionsOfEach]);
  await client.query(VERSIONS, [NAMESPACE, versionsOfEach]);
  await client.query(FILES);
  await client.query(ALIASES, [versionsOfEach]);
  await client.query('COMMIT');
  await client.query('ANALYZE');
  await client.end();
}

const MODELS = `
  INSERT INTO registry.model (namespace, model_id, task, description, next_version)
  SELECT $1, 'model-' || number, 'expression', 'seeded', $3::integer + 1 FROM generate_series(1, $2::integer) number`;

const INPUT_SPEC = JSON.stringify({
  tensor: 'input',
  source: 'gray',
  planes: 1,
  height: 48,
  width: 48,
  resize: 'stretch',
  cropMargin: 1.1,
  layout: 'NCHW',
  type: 'float32',
  scale: 1 / 255,
  mean: [],
  std: [],
});
const OUTPUT_SPEC = JSON.stringify({
  task: 'expression',
  tensor: 'logits',
  values: 'logits',
  labels: ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'],
});

const VERSIONS = `
  INSERT INTO registry.model_version (model, version, digest, architecture, parameter_count, input_spec, output_spec, description,
    licence, model_card, tags)
  SELECT id, number, sha256(convert_to(id || '/' || number, 'UTF8')), 'resmasking-compact', 2546895, '${INPUT_SPEC}', '${OUTPUT_SPEC}',
    'version ' || number, 'Apache-2.0', repeat('What people should know. ', 20), '{"stage": "trial", "accuracy": 0.69}'
  FROM registry.model, generate_series(1, $2::integer) number WHERE namespace = $1`;

const FILES = `
  WITH blob AS (
    INSERT INTO registry.artifact_blob (sha256, size_bytes)
    SELECT digest, 10195281 FROM registry.model_version ON CONFLICT DO NOTHING
  )
  INSERT INTO registry.version_file (model, version, position, path, sha256)
  SELECT model, version, 0, 'model.onnx', digest FROM registry.model_version`;

const ALIASES = `
  INSERT INTO registry.model_alias (model, alias, version)
  SELECT id, alias, 1 + id % $1::integer FROM registry.model, unnest(ARRAY['production', 'candidate']) alias`;
