import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What has been found out about versions, what an alias demands of them, and what came of it. */
export class RegistryGates1794960000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FACTS);
    await runner.query(GATES);
    await runner.query(PRIVILEGES);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup to go back');
  }
}

const FACTS = `
  -- Who published a version: whoever approves it must be somebody else.
  ALTER TABLE registry.model_version
    ADD COLUMN created_by text NOT NULL DEFAULT 'unknown' CHECK (char_length(created_by) BETWEEN 1 AND 255);

  CREATE TABLE registry.evaluation_record (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model              bigint NOT NULL,
    version            integer NOT NULL,
    dataset            text NOT NULL CHECK (char_length(dataset) BETWEEN 1 AND 255),
    dataset_digest     bytea NOT NULL CHECK (octet_length(dataset_digest) = 32),
    split              text NOT NULL CHECK (split IN ('train', 'validation', 'test')),
    protocol_digest    bytea NOT NULL CHECK (octet_length(protocol_digest) = 32),
    predictions_digest bytea NOT NULL CHECK (octet_length(predictions_digest) = 32),
    run                text NOT NULL CHECK (char_length(run) <= 255),
    sample_count       bigint NOT NULL CHECK (sample_count > 0),
    correct_count      bigint NOT NULL,
    metrics            jsonb NOT NULL CHECK (jsonb_typeof(metrics) = 'object'),
    finish_time        timestamptz NOT NULL,
    recorder           text NOT NULL CHECK (char_length(recorder) BETWEEN 1 AND 255),
    create_time        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT evaluation_counts CHECK (correct_count BETWEEN 0 AND sample_count),
    FOREIGN KEY (model, version) REFERENCES registry.model_version (model, version)
  );
  CREATE INDEX evaluation_record_version ON registry.evaluation_record (model, version, dataset, split, id DESC);

  CREATE TABLE registry.comparison_record (
    id                            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model                         bigint NOT NULL,
    version                       integer NOT NULL,
    baseline_model                bigint NOT NULL,
    baseline_version              integer NOT NULL,
    dataset                       text NOT NULL CHECK (char_length(dataset) BETWEEN 1 AND 255),
    dataset_digest                bytea NOT NULL CHECK (octet_length(dataset_digest) = 32),
    split                         text NOT NULL CHECK (split IN ('train', 'validation', 'test')),
    protocol_digest               bytea NOT NULL CHECK (octet_length(protocol_digest) = 32),
    predictions_digest            bytea NOT NULL CHECK (octet_length(predictions_digest) = 32),
    baseline_predictions_digest   bytea NOT NULL CHECK (octet_length(baseline_predictions_digest) = 32),
    sample_count                  bigint NOT NULL CHECK (sample_count > 0),
    only_version_correct_count    bigint NOT NULL CHECK (only_version_correct_count >= 0),
    only_baseline_correct_count   bigint NOT NULL CHECK (only_baseline_correct_count >= 0),
    recorder                      text NOT NULL CHECK (char_length(recorder) BETWEEN 1 AND 255),
    create_time                   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT comparison_counts CHECK (only_version_correct_count + only_baseline_correct_count <= sample_count),
    CONSTRAINT comparison_of_two CHECK ((model, version) <> (baseline_model, baseline_version)),
    FOREIGN KEY (model, version) REFERENCES registry.model_version (model, version),
    FOREIGN KEY (baseline_model, baseline_version) REFERENCES registry.model_version (model, version)
  );
  CREATE INDEX comparison_record_version
    ON registry.comparison_record (model, version, baseline_model, baseline_version, dataset, split, id DESC);

  CREATE TABLE registry.approval (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model       bigint NOT NULL,
    version     integer NOT NULL,
    alias       text NOT NULL,
    approver    text NOT NULL CHECK (char_length(approver) BETWEEN 1 AND 255),
    comment     text NOT NULL CHECK (char_length(comment) <= 1024),
    create_time timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT approval_once UNIQUE (model, version, alias, approver),
    FOREIGN KEY (model, version) REFERENCES registry.model_version (model, version)
  );
`;

const GATES = `
  CREATE TABLE registry.gate_policy (
    model       bigint NOT NULL REFERENCES registry.model (id),
    alias       text NOT NULL CHECK (alias ~ '^[a-z][a-z0-9-]{0,62}$' AND alias <> 'latest'),
    rules       jsonb NOT NULL CHECK (jsonb_typeof(rules) = 'array'),
    revision    bigint NOT NULL DEFAULT 1,
    update_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model, alias)
  );

  CREATE TABLE registry.gate_result (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model           bigint NOT NULL,
    version         integer NOT NULL,
    alias           text NOT NULL,
    passed          boolean NOT NULL,
    policy_revision bigint NOT NULL,
    -- Each rule with what it found and the digests of what it looked at.
    outcomes        jsonb NOT NULL CHECK (jsonb_typeof(outcomes) = 'array'),
    actor           text NOT NULL CHECK (char_length(actor) BETWEEN 1 AND 255),
    create_time     timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (model, version) REFERENCES registry.model_version (model, version)
  );
  CREATE INDEX gate_result_alias ON registry.gate_result (model, alias, id DESC);

  DO $$
  DECLARE
    facts text;
  BEGIN
    FOREACH facts IN ARRAY ARRAY['evaluation_record', 'comparison_record', 'approval', 'gate_result'] LOOP
      EXECUTE format(
        'CREATE TRIGGER guard_%1$s BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.%1$I
           FOR EACH STATEMENT EXECUTE FUNCTION registry.guard_history()', facts);
    END LOOP;
  END $$;
`;

const PRIVILEGES = `
  GRANT SELECT, INSERT ON registry.evaluation_record, registry.comparison_record, registry.approval, registry.gate_result
    TO resmask_registry;
  GRANT SELECT, INSERT, UPDATE ON registry.gate_policy TO resmask_registry;
`;
