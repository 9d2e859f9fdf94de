import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A canary and a shadow of an alias, beside the version it points at. */
export class RegistryAliasTraffic1794960000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TRAFFIC);
    await runner.query(HISTORY);
    await runner.query(GUARDS);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup to go back');
  }
}

const TRAFFIC = `
  ALTER TABLE registry.model_alias
    ADD COLUMN canary_version integer,
    ADD COLUMN canary_percent integer CHECK (canary_percent BETWEEN 1 AND 99),
    ADD COLUMN shadow_version integer,
    ADD CONSTRAINT alias_canary FOREIGN KEY (model, canary_version) REFERENCES registry.model_version (model, version),
    ADD CONSTRAINT alias_shadow FOREIGN KEY (model, shadow_version) REFERENCES registry.model_version (model, version),
    ADD CONSTRAINT alias_canary_whole CHECK ((canary_version IS NULL) = (canary_percent IS NULL)),
    ADD CONSTRAINT alias_canary_other CHECK (canary_version <> version),
    ADD CONSTRAINT alias_shadow_other CHECK (shadow_version <> version),
    ADD CONSTRAINT alias_shadow_no_canary CHECK (shadow_version <> canary_version);
`;

const HISTORY = `
  ALTER TABLE registry.alias_event
    DROP CONSTRAINT alias_event_kind_check,
    ADD CONSTRAINT alias_event_kind_check CHECK (kind IN ('set', 'rollback', 'delete', 'traffic')),
    ADD COLUMN old_canary_version integer,
    ADD COLUMN old_canary_percent integer CHECK (old_canary_percent BETWEEN 1 AND 99),
    ADD COLUMN old_shadow_version integer,
    ADD COLUMN new_canary_version integer,
    ADD COLUMN new_canary_percent integer CHECK (new_canary_percent BETWEEN 1 AND 99),
    ADD COLUMN new_shadow_version integer,
    ADD CONSTRAINT alias_event_old_canary FOREIGN KEY (model, old_canary_version)
      REFERENCES registry.model_version (model, version),
    ADD CONSTRAINT alias_event_old_shadow FOREIGN KEY (model, old_shadow_version)
      REFERENCES registry.model_version (model, version),
    ADD CONSTRAINT alias_event_new_canary FOREIGN KEY (model, new_canary_version)
      REFERENCES registry.model_version (model, version),
    ADD CONSTRAINT alias_event_new_shadow FOREIGN KEY (model, new_shadow_version)
      REFERENCES registry.model_version (model, version),
    ADD CONSTRAINT alias_event_old_canary_whole CHECK ((old_canary_version IS NULL) = (old_canary_percent IS NULL)),
    ADD CONSTRAINT alias_event_new_canary_whole CHECK ((new_canary_version IS NULL) = (new_canary_percent IS NULL)),
    -- Every move ends a canary, and an alias that is gone has no shadow either.
    ADD CONSTRAINT alias_event_canary_ends CHECK (kind = 'traffic' OR new_canary_version IS NULL),
    ADD CONSTRAINT alias_event_shadow_ends CHECK (kind <> 'delete' OR new_shadow_version IS NULL),
    ADD CONSTRAINT alias_event_traffic_stays CHECK (kind <> 'traffic' OR old_version IS NOT DISTINCT FROM new_version);
`;

const GUARDS = `
  CREATE FUNCTION registry.guard_alias_traffic() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    part   text;
    number integer;
    target text;
  BEGIN
    FOR part, number IN VALUES ('canary', NEW.canary_version), ('shadow', NEW.shadow_version) LOOP
      CONTINUE WHEN number IS NULL;
      -- Holds the version as it is until this transaction is over.
      SELECT state INTO target FROM registry.model_version WHERE model = NEW.model AND version = number FOR SHARE;
      IF target IS DISTINCT FROM 'ready' THEN
        RAISE EXCEPTION 'the % % of model % is %', part, number, NEW.model, coalesce(target, 'missing')
          USING ERRCODE = 'check_violation', CONSTRAINT = 'alias_' || part || '_ready';
      END IF;
    END LOOP;
    RETURN NEW;
  END $$;
  CREATE TRIGGER guard_alias_traffic BEFORE INSERT OR UPDATE ON registry.model_alias
    FOR EACH ROW EXECUTE FUNCTION registry.guard_alias_traffic();

  -- A foreign key cannot see a state: whoever takes a version away looks for what holds it under the version's lock.
  CREATE FUNCTION registry.guard_version_traffic() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT FROM registry.model_alias
               WHERE model = NEW.model AND NEW.version IN (canary_version, shadow_version)) THEN
      RAISE EXCEPTION 'version % of model % is the canary or the shadow of an alias', OLD.version, OLD.model
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'version_has_traffic';
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER guard_version_traffic BEFORE UPDATE ON registry.model_version
    FOR EACH ROW WHEN (OLD.state = 'ready' AND NEW.state <> 'ready') EXECUTE FUNCTION registry.guard_version_traffic();
`;
