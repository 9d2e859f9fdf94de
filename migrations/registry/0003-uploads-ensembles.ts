import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Uploads in parts, blobs that can be collected when nothing refers to them, and versions that are made of other versions. */
export class RegistryUploadsEnsembles1794960000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UPLOADS);
    await runner.query(ENSEMBLES);
    await runner.query(GUARDS);
    await runner.query(PRIVILEGES);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup to go back');
  }
}

const UPLOADS = `
  CREATE TABLE registry.upload (
    id          uuid PRIMARY KEY,
    namespace   text NOT NULL CHECK (namespace ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    sha256      bytea NOT NULL CHECK (octet_length(sha256) = 32),
    size_bytes  bigint NOT NULL CHECK (size_bytes > 0),
    part_bytes  bigint NOT NULL CHECK (part_bytes > 0),
    state       text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'complete')),
    create_time timestamptz NOT NULL DEFAULT now(),
    expire_time timestamptz NOT NULL
  );
  CREATE INDEX upload_expiry ON registry.upload (expire_time);

  -- When somebody last said that the bytes are there; what nothing refers to is collected some time after that.
  ALTER TABLE registry.artifact_blob
    ADD COLUMN touch_time timestamptz NOT NULL DEFAULT now();
  CREATE INDEX version_file_blob ON registry.version_file (sha256);

  -- Which namespaces have brought the bytes: knowing a digest does not give anybody what others have uploaded.
  CREATE TABLE registry.blob_namespace (
    sha256    bytea NOT NULL REFERENCES registry.artifact_blob (sha256) ON DELETE CASCADE,
    namespace text NOT NULL,
    PRIMARY KEY (sha256, namespace)
  );
  INSERT INTO registry.blob_namespace (sha256, namespace)
    SELECT DISTINCT f.sha256, m.namespace FROM registry.version_file f JOIN registry.model m ON m.id = f.model;
`;

const ENSEMBLES = `
  ALTER TABLE registry.model_version
    ADD COLUMN kind text NOT NULL DEFAULT 'single' CHECK (kind IN ('single', 'ensemble')),
    ALTER COLUMN input_spec DROP NOT NULL,
    ADD CONSTRAINT version_input CHECK ((kind = 'single') = (input_spec IS NOT NULL));

  CREATE TABLE registry.ensemble_member (
    model          bigint NOT NULL,
    version        integer NOT NULL,
    position       integer NOT NULL CHECK (position >= 0),
    member_model   bigint NOT NULL,
    member_version integer NOT NULL,
    weight         double precision NOT NULL CHECK (weight > 0 AND weight < 'Infinity'),
    PRIMARY KEY (model, version, position),
    CONSTRAINT ensemble_member_once UNIQUE (model, version, member_model, member_version),
    FOREIGN KEY (model, version) REFERENCES registry.model_version (model, version),
    CONSTRAINT ensemble_member_target FOREIGN KEY (member_model, member_version)
      REFERENCES registry.model_version (model, version) ON DELETE RESTRICT
  );
  CREATE INDEX ensemble_member_of ON registry.ensemble_member (member_model, member_version);
`;

const GUARDS = `
  CREATE OR REPLACE FUNCTION registry.guard_model_version() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF (NEW.model, NEW.version, NEW.digest, NEW.architecture, NEW.parameter_count, NEW.input_spec, NEW.output_spec, NEW.create_time,
        NEW.licence, NEW.lineage, NEW.model_card, NEW.kind)
       IS DISTINCT FROM
       (OLD.model, OLD.version, OLD.digest, OLD.architecture, OLD.parameter_count, OLD.input_spec, OLD.output_spec, OLD.create_time,
        OLD.licence, OLD.lineage, OLD.model_card, OLD.kind)
    THEN
      RAISE EXCEPTION 'version % of model % is immutable', OLD.version, OLD.model USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND NOT (OLD.state, NEW.state) IN (
      ('ready', 'archived'), ('archived', 'ready'), ('ready', 'deleted'), ('archived', 'deleted'), ('deleted', 'ready')
    ) THEN
      RAISE EXCEPTION 'version % of model % cannot go from % to %', OLD.version, OLD.model, OLD.state, NEW.state
        USING ERRCODE = 'check_violation';
    END IF;
    -- A foreign key cannot see a state: whoever takes a version away looks for what holds it under the version's lock.
    IF NEW.state <> 'ready' AND OLD.state = 'ready'
       AND EXISTS (SELECT FROM registry.model_alias WHERE model = NEW.model AND version = NEW.version) THEN
      RAISE EXCEPTION 'version % of model % has aliases', OLD.version, OLD.model
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'version_has_aliases';
    END IF;
    IF NEW.state = 'deleted' AND OLD.state <> 'deleted' AND EXISTS (
      SELECT FROM registry.ensemble_member e JOIN registry.model_version v ON (v.model, v.version) = (e.model, e.version)
      WHERE e.member_model = NEW.model AND e.member_version = NEW.version AND v.state <> 'deleted'
    ) THEN
      RAISE EXCEPTION 'version % of model % is a member of an ensemble', OLD.version, OLD.model
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'version_has_ensembles';
    END IF;
    IF NEW.state = 'ready' AND OLD.state = 'deleted' AND EXISTS (
      SELECT FROM registry.ensemble_member e
        JOIN registry.model_version v ON (v.model, v.version) = (e.member_model, e.member_version)
      WHERE e.model = NEW.model AND e.version = NEW.version AND v.state = 'deleted'
    ) THEN
      RAISE EXCEPTION 'a member of version % of model % is deleted', OLD.version, OLD.model
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'version_misses_members';
    END IF;
    RETURN NEW;
  END $$;

  CREATE FUNCTION registry.guard_ensemble_member() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    member registry.model_version;
  BEGIN
    -- Holds the member as it is until this transaction is over.
    SELECT * INTO member FROM registry.model_version
      WHERE model = NEW.member_model AND version = NEW.member_version FOR SHARE;
    IF member.state = 'deleted' THEN
      RAISE EXCEPTION 'member % of model % is deleted', NEW.member_version, NEW.member_model
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ensemble_member_ready';
    END IF;
    IF member.kind = 'ensemble' THEN
      RAISE EXCEPTION 'member % of model % is an ensemble itself', NEW.member_version, NEW.member_model
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ensemble_member_single';
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER guard_ensemble_member BEFORE INSERT ON registry.ensemble_member
    FOR EACH ROW EXECUTE FUNCTION registry.guard_ensemble_member();
`;

const PRIVILEGES = `
  GRANT SELECT, INSERT, UPDATE, DELETE ON registry.upload, registry.blob_namespace TO resmask_registry;
  GRANT SELECT, INSERT ON registry.ensemble_member TO resmask_registry;
  GRANT UPDATE (touch_time), DELETE ON registry.artifact_blob TO resmask_registry;
`;
