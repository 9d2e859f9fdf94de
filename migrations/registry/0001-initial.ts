import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createServiceRole } from '../service-role.js';
import { registrySchema } from './schema.js';

/** Models, immutable versions, aliases with their history, and the keys that make repeated calls safe. */
export class RegistryInitial1794960000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createServiceRole(registrySchema));
    await runner.query(TABLES);
    await runner.query(GUARDS);
    await runner.query(PRIVILEGES);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup to go back');
  }
}

const TABLES = `
  CREATE TABLE registry.model (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace    text NOT NULL CHECK (namespace ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    model_id     text NOT NULL CHECK (model_id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    task         text NOT NULL CHECK (task IN ('expression', 'face')),
    description  text NOT NULL CHECK (char_length(description) <= 4096),
    -- Given out in the transaction that publishes, so that numbers have no gaps and no two publishers get one.
    next_version integer NOT NULL DEFAULT 1 CHECK (next_version > 0),
    revision     bigint NOT NULL DEFAULT 1,
    create_time  timestamptz NOT NULL DEFAULT now(),
    update_time  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT model_name UNIQUE (namespace, model_id)
  );

  CREATE TABLE registry.artifact_blob (
    sha256      bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    size_bytes  bigint NOT NULL CHECK (size_bytes > 0),
    create_time timestamptz NOT NULL DEFAULT now()
  );

  CREATE TABLE registry.model_version (
    model           bigint NOT NULL REFERENCES registry.model (id),
    version         integer NOT NULL CHECK (version > 0),
    digest          bytea NOT NULL CHECK (octet_length(digest) = 32),
    architecture    text NOT NULL CHECK (char_length(architecture) <= 63),
    parameter_count bigint NOT NULL CHECK (parameter_count >= 0),
    input_spec      jsonb NOT NULL,
    output_spec     jsonb NOT NULL,
    description     text NOT NULL CHECK (char_length(description) <= 4096),
    revision        bigint NOT NULL DEFAULT 1,
    create_time     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model, version)
  );

  CREATE TABLE registry.version_file (
    model    bigint NOT NULL,
    version  integer NOT NULL,
    position integer NOT NULL CHECK (position >= 0),
    path     text NOT NULL CHECK (path ~ '^[^/\\\\]+(/[^/\\\\]+)*$' AND path !~ '(^|/)\\.\\.?(/|$)' AND char_length(path) <= 255),
    sha256   bytea NOT NULL REFERENCES registry.artifact_blob (sha256),
    PRIMARY KEY (model, version, path),
    UNIQUE (model, version, position),
    FOREIGN KEY (model, version) REFERENCES registry.model_version (model, version)
  );

  CREATE TABLE registry.model_alias (
    model       bigint NOT NULL REFERENCES registry.model (id),
    alias       text NOT NULL CHECK (alias ~ '^[a-z][a-z0-9-]{0,62}$' AND alias <> 'latest'),
    version     integer NOT NULL,
    revision    bigint NOT NULL DEFAULT 1,
    update_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model, alias),
    CONSTRAINT alias_target FOREIGN KEY (model, version) REFERENCES registry.model_version (model, version)
  );
  CREATE INDEX model_alias_version ON registry.model_alias (model, version);

  CREATE TABLE registry.alias_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model       bigint NOT NULL REFERENCES registry.model (id),
    alias       text NOT NULL,
    old_version integer,
    new_version integer NOT NULL,
    reason      text NOT NULL CHECK (char_length(reason) <= 1024),
    create_time timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX alias_event_alias ON registry.alias_event (model, alias, id DESC);

  CREATE TABLE registry.idempotency (
    method      text NOT NULL,
    request_id  uuid NOT NULL,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    response    bytea,
    create_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (method, request_id)
  );
  CREATE INDEX idempotency_age ON registry.idempotency (create_time);
`;

const GUARDS = `
  CREATE FUNCTION registry.guard_model_version() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF (NEW.model, NEW.version, NEW.digest, NEW.architecture, NEW.parameter_count, NEW.input_spec, NEW.output_spec, NEW.create_time)
       IS DISTINCT FROM
       (OLD.model, OLD.version, OLD.digest, OLD.architecture, OLD.parameter_count, OLD.input_spec, OLD.output_spec, OLD.create_time)
    THEN
      RAISE EXCEPTION 'version % of model % is immutable', OLD.version, OLD.model USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER guard_model_version BEFORE UPDATE ON registry.model_version
    FOR EACH ROW EXECUTE FUNCTION registry.guard_model_version();
`;

const PRIVILEGES = `
  GRANT SELECT, INSERT, UPDATE ON registry.model, registry.model_alias, registry.model_version TO resmask_registry;
  -- Facts that never change.
  GRANT SELECT, INSERT ON registry.version_file, registry.artifact_blob, registry.alias_event TO resmask_registry;
  GRANT SELECT, INSERT, UPDATE, DELETE ON registry.idempotency TO resmask_registry;
`;
