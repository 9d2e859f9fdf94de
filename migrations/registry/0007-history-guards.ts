import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is told of the past, kept to the rules of the present: who approves, what an alias has pointed at, how things are called. */
export class RegistryHistoryGuards1794960000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(APPROVALS);
    await runner.query(HISTORY);
    await runner.query(NAMES);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup to go back');
  }
}

const APPROVALS = `
  -- A version's publisher never changes, so that what is looked at here stays true.
  CREATE FUNCTION registry.guard_approver() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT FROM registry.model_version
               WHERE model = NEW.model AND version = NEW.version AND created_by = NEW.approver) THEN
      RAISE EXCEPTION '% has published version % of model % and cannot approve it', NEW.approver, NEW.version, NEW.model
        USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_by_another';
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER guard_approver BEFORE INSERT ON registry.approval
    FOR EACH ROW EXECUTE FUNCTION registry.guard_approver();
`;

const HISTORY = `
  -- Versions are hidden, never removed.
  ALTER TABLE registry.alias_event
    ADD CONSTRAINT alias_event_old FOREIGN KEY (model, old_version) REFERENCES registry.model_version (model, version),
    ADD CONSTRAINT alias_event_new FOREIGN KEY (model, new_version) REFERENCES registry.model_version (model, version);
`;

const ALIAS = `alias ~ '^[a-z][a-z0-9-]{0,62}$' AND alias <> 'latest'`;
const NAME = `~ '^[a-z0-9][a-z0-9._-]{0,62}$'`;

const NAMES = `
  ALTER TABLE registry.alias_event ADD CONSTRAINT alias_event_alias_check CHECK (${ALIAS});
  ALTER TABLE registry.approval ADD CONSTRAINT approval_alias_check CHECK (${ALIAS});
  ALTER TABLE registry.gate_result ADD CONSTRAINT gate_result_alias_check CHECK (${ALIAS});
  ALTER TABLE registry.event ADD CONSTRAINT event_model_id_check CHECK (model_id ${NAME});
  ALTER TABLE registry.blob_namespace ADD CONSTRAINT blob_namespace_namespace_check CHECK (namespace ${NAME});
  ALTER TABLE registry.idempotency ADD CONSTRAINT idempotency_method_check CHECK (char_length(method) BETWEEN 1 AND 63);
`;
