import type { MigrationInterface, QueryRunner } from 'typeorm';

/** States of versions, soft deletion, and one record of every change, which is the audit log and what watchers are told. */
export class RegistryLifecycle1794960000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(EVENTS);
    await runner.query(STATES);
    await runner.query(GUARDS);
    await runner.query(PRIVILEGES);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup to go back');
  }
}

const EVENTS = `
  -- Events of a namespace are numbered under this row's lock, taken last in every transaction that changes something: numbers have
  -- no gaps, and are given in the order in which transactions commit, so a reader that asks for what follows misses nothing.
  CREATE TABLE registry.namespace (
    namespace  text PRIMARY KEY CHECK (namespace ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    next_event bigint NOT NULL DEFAULT 1 CHECK (next_event > 0)
  );
  INSERT INTO registry.namespace (namespace) SELECT DISTINCT namespace FROM registry.model;

  CREATE TABLE registry.event (
    namespace   text NOT NULL REFERENCES registry.namespace (namespace),
    number      bigint NOT NULL CHECK (number > 0),
    method      text NOT NULL CHECK (char_length(method) BETWEEN 1 AND 63),
    -- The resource's name below its namespace, and the model it belongs to.
    resource    text NOT NULL CHECK (char_length(resource) BETWEEN 1 AND 255),
    model_id    text,
    actor       text NOT NULL CHECK (char_length(actor) BETWEEN 1 AND 255),
    reason      text NOT NULL CHECK (char_length(reason) <= 1024),
    request_id  uuid,
    -- What was and what is, as far as it changed.
    before      jsonb,
    after       jsonb,
    create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (namespace, number)
  );
  CREATE INDEX event_model ON registry.event (namespace, model_id, number);

  CREATE FUNCTION registry.record_event(
    of_namespace text, of_method text, of_resource text, of_model text, by_actor text, with_reason text, with_request uuid,
    was jsonb, is_now jsonb
  ) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    given bigint;
  BEGIN
    INSERT INTO registry.namespace (namespace, next_event) VALUES (of_namespace, 2)
      ON CONFLICT (namespace) DO UPDATE SET next_event = registry.namespace.next_event + 1
      RETURNING next_event - 1 INTO given;
    INSERT INTO registry.event (namespace, number, method, resource, model_id, actor, reason, request_id, before, after)
      VALUES (of_namespace, given, of_method, of_resource, of_model, by_actor, with_reason, with_request, was, is_now);
    PERFORM pg_notify('registry_event', of_namespace);
    RETURN given;
  END $$;
`;

const STATES = `
  ALTER TABLE registry.model
    ADD COLUMN delete_time timestamptz;

  ALTER TABLE registry.model_version
    ADD COLUMN state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'archived', 'deleted')),
    ADD COLUMN delete_time timestamptz,
    ADD COLUMN licence text NOT NULL DEFAULT '' CHECK (char_length(licence) <= 63),
    ADD COLUMN lineage jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN model_card text NOT NULL DEFAULT '' CHECK (char_length(model_card) <= 65536),
    ADD COLUMN tags jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(tags) = 'object'),
    ADD COLUMN update_time timestamptz NOT NULL DEFAULT now(),
    ADD CONSTRAINT version_delete_time CHECK ((state = 'deleted') = (delete_time IS NOT NULL));

  ALTER TABLE registry.alias_event
    ADD COLUMN actor text NOT NULL DEFAULT 'unknown' CHECK (char_length(actor) BETWEEN 1 AND 255),
    ADD COLUMN kind text NOT NULL DEFAULT 'set' CHECK (kind IN ('set', 'rollback', 'delete')),
    ALTER COLUMN new_version DROP NOT NULL,
    ADD CONSTRAINT alias_event_target CHECK ((kind = 'delete') = (new_version IS NULL));
`;

const GUARDS = `
  CREATE OR REPLACE FUNCTION registry.guard_model_version() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF (NEW.model, NEW.version, NEW.digest, NEW.architecture, NEW.parameter_count, NEW.input_spec, NEW.output_spec, NEW.create_time,
        NEW.licence, NEW.lineage, NEW.model_card)
       IS DISTINCT FROM
       (OLD.model, OLD.version, OLD.digest, OLD.architecture, OLD.parameter_count, OLD.input_spec, OLD.output_spec, OLD.create_time,
        OLD.licence, OLD.lineage, OLD.model_card)
    THEN
      RAISE EXCEPTION 'version % of model % is immutable', OLD.version, OLD.model USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND NOT (OLD.state, NEW.state) IN (
      ('ready', 'archived'), ('archived', 'ready'), ('ready', 'deleted'), ('archived', 'deleted'), ('deleted', 'ready')
    ) THEN
      RAISE EXCEPTION 'version % of model % cannot go from % to %', OLD.version, OLD.model, OLD.state, NEW.state
        USING ERRCODE = 'check_violation';
    END IF;
    -- A foreign key cannot see a state: whoever takes a version away looks for aliases under the version's lock.
    IF NEW.state <> 'ready' AND OLD.state = 'ready'
       AND EXISTS (SELECT FROM registry.model_alias WHERE model = NEW.model AND version = NEW.version) THEN
      RAISE EXCEPTION 'version % of model % has aliases', OLD.version, OLD.model
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'version_has_aliases';
    END IF;
    RETURN NEW;
  END $$;

  CREATE FUNCTION registry.guard_model_alias() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    target text;
  BEGIN
    -- Holds the version as it is until this transaction is over.
    SELECT state INTO target FROM registry.model_version WHERE model = NEW.model AND version = NEW.version FOR SHARE;
    IF target IS DISTINCT FROM 'ready' THEN
      RAISE EXCEPTION 'version % of model % is %', NEW.version, NEW.model, coalesce(target, 'missing')
        USING ERRCODE = 'check_violation', CONSTRAINT = 'alias_target_ready';
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER guard_model_alias BEFORE INSERT OR UPDATE ON registry.model_alias
    FOR EACH ROW EXECUTE FUNCTION registry.guard_model_alias();

  CREATE FUNCTION registry.guard_history() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END $$;
  CREATE TRIGGER guard_event BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.guard_history();
  CREATE TRIGGER guard_alias_event BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.alias_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.guard_history();
`;

const PRIVILEGES = `
  GRANT SELECT, INSERT, UPDATE ON registry.namespace TO resmask_registry;
  GRANT SELECT, INSERT ON registry.event TO resmask_registry;
  GRANT DELETE ON registry.model_alias TO resmask_registry;
`;
