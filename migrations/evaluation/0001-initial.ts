import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createServiceRole } from '../service-role.js';
import { evaluationSchema, JOBS_SCHEMA } from './schema.js';

/** Data sets, runs, their shards and predictions, and a schema of its own for the job queue. */
export class EvaluationInitial1794960000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createServiceRole(evaluationSchema));
    await runner.query(TABLES);
    await runner.query(PRIVILEGES);
    await runner.query(`CREATE SCHEMA IF NOT EXISTS ${JOBS_SCHEMA} AUTHORIZATION ${evaluationSchema.role}`);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup to go back');
  }
}

const TABLES = `
  CREATE TABLE evaluation.dataset (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace   text NOT NULL CHECK (namespace ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    dataset_id  text NOT NULL CHECK (dataset_id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    digest      bytea NOT NULL CHECK (octet_length(digest) = 32),
    labels      text[] NOT NULL CHECK (cardinality(labels) >= 2),
    width       integer NOT NULL CHECK (width > 0),
    height      integer NOT NULL CHECK (height > 0),
    create_time timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dataset_name UNIQUE (namespace, dataset_id)
  );

  -- The samples of a split lie packed in the artifact store: all pixels in one file, all label bytes in another.
  CREATE TABLE evaluation.dataset_split (
    dataset       bigint NOT NULL REFERENCES evaluation.dataset (id),
    split         text NOT NULL CHECK (split IN ('train', 'validation', 'test')),
    sample_count  integer NOT NULL CHECK (sample_count > 0),
    class_counts  integer[] NOT NULL,
    pixels_sha256 bytea NOT NULL CHECK (octet_length(pixels_sha256) = 32),
    labels_sha256 bytea NOT NULL CHECK (octet_length(labels_sha256) = 32),
    PRIMARY KEY (dataset, split)
  );

  CREATE TABLE evaluation.run (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace      text NOT NULL,
    request_id     uuid,
    model          text NOT NULL,
    model_version  text NOT NULL,
    model_digest   bytea NOT NULL CHECK (octet_length(model_digest) = 32),
    dataset        bigint NOT NULL,
    split          text NOT NULL,
    state          text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
    samples_total  integer NOT NULL CHECK (samples_total > 0),
    report         jsonb,
    error          jsonb,
    revision       bigint NOT NULL DEFAULT 1,
    create_time    timestamptz NOT NULL DEFAULT now(),
    start_time     timestamptz,
    end_time       timestamptz,
    FOREIGN KEY (dataset, split) REFERENCES evaluation.dataset_split (dataset, split),
    CONSTRAINT run_request UNIQUE (namespace, request_id),
    CONSTRAINT run_outcome CHECK ((state = 'succeeded') = (report IS NOT NULL) AND (state = 'failed') = (error IS NOT NULL)),
    CONSTRAINT run_end CHECK ((state IN ('succeeded', 'failed')) = (end_time IS NOT NULL))
  );
  CREATE INDEX run_unfinished ON evaluation.run (id) WHERE state IN ('queued', 'running');

  -- The truth about what is done: a shard's predictions and its end are written in one transaction, and only by the attempt
  -- that holds it.
  CREATE TABLE evaluation.run_shard (
    run          bigint NOT NULL REFERENCES evaluation.run (id),
    shard        integer NOT NULL CHECK (shard >= 0),
    first_sample integer NOT NULL CHECK (first_sample >= 0),
    sample_count integer NOT NULL CHECK (sample_count > 0),
    done         boolean NOT NULL DEFAULT false,
    attempt      integer NOT NULL DEFAULT 0,
    lease_until  timestamptz,
    PRIMARY KEY (run, shard)
  );

  CREATE TABLE evaluation.prediction (
    run             bigint NOT NULL REFERENCES evaluation.run (id),
    sample          integer NOT NULL CHECK (sample >= 0),
    true_label      smallint NOT NULL,
    predicted_label smallint NOT NULL,
    probabilities   real[] NOT NULL,
    PRIMARY KEY (run, sample)
  );
`;

const PRIVILEGES = `
  GRANT SELECT, INSERT ON evaluation.dataset, evaluation.dataset_split, evaluation.prediction TO resmask_evaluation;
  GRANT SELECT, INSERT, UPDATE ON evaluation.run, evaluation.run_shard TO resmask_evaluation;
`;
