import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the service has kept to by itself so far, kept by the database too: what a model is, and what a version consists of. */
export class RegistryInvariants1794960000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(MODELS);
    await runner.query(ALIASES);
    await runner.query(CONTENTS);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup to go back');
  }
}

const MODELS = `
  CREATE FUNCTION registry.guard_model() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF (NEW.id, NEW.namespace, NEW.model_id, NEW.task, NEW.create_time)
       IS DISTINCT FROM (OLD.id, OLD.namespace, OLD.model_id, OLD.task, OLD.create_time) THEN
      RAISE EXCEPTION 'name and task of model % are immutable', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    -- A number that was given out once means one version for ever.
    IF NEW.next_version < OLD.next_version THEN
      RAISE EXCEPTION 'model % has given out version % already', OLD.id, OLD.next_version - 1 USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.delete_time IS NOT NULL AND OLD.delete_time IS NULL
       AND EXISTS (SELECT FROM registry.model_alias WHERE model = NEW.id) THEN
      RAISE EXCEPTION 'model % has aliases', OLD.id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'model_has_aliases';
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER guard_model BEFORE UPDATE ON registry.model
    FOR EACH ROW EXECUTE FUNCTION registry.guard_model();
`;

const ALIASES = `
  CREATE FUNCTION registry.guard_alias_model() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT FROM registry.model WHERE id = NEW.model AND delete_time IS NOT NULL) THEN
      RAISE EXCEPTION 'model % is deleted', NEW.model USING ERRCODE = 'check_violation', CONSTRAINT = 'alias_model_live';
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER guard_alias_model BEFORE INSERT OR UPDATE ON registry.model_alias
    FOR EACH ROW EXECUTE FUNCTION registry.guard_alias_model();
`;

const CONTENTS = `
  -- Who may approve a version depends on who published it.
  CREATE FUNCTION registry.guard_version_creator() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'the publisher of version % of model % is immutable', OLD.version, OLD.model USING ERRCODE = 'check_violation';
  END $$;
  CREATE TRIGGER guard_version_creator BEFORE UPDATE ON registry.model_version
    FOR EACH ROW WHEN (NEW.created_by IS DISTINCT FROM OLD.created_by) EXECUTE FUNCTION registry.guard_version_creator();

  -- Files and members come with the version, in its transaction, and stay: its digest speaks of them.
  CREATE FUNCTION registry.guard_version_contents() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT FROM registry.model_version
               WHERE model = NEW.model AND version = NEW.version AND create_time <> transaction_timestamp()) THEN
      RAISE EXCEPTION 'version % of model % is published already', NEW.version, NEW.model USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER guard_version_file_new BEFORE INSERT ON registry.version_file
    FOR EACH ROW EXECUTE FUNCTION registry.guard_version_contents();
  CREATE TRIGGER guard_version_file BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.version_file
    FOR EACH STATEMENT EXECUTE FUNCTION registry.guard_history();
  CREATE TRIGGER guard_ensemble_member_new BEFORE INSERT ON registry.ensemble_member
    FOR EACH ROW EXECUTE FUNCTION registry.guard_version_contents();
  CREATE TRIGGER guard_ensemble_member_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.ensemble_member
    FOR EACH STATEMENT EXECUTE FUNCTION registry.guard_history();
`;
