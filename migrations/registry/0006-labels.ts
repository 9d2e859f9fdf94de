import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Labels of models. */
export class RegistryLabels1794960000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LABELS);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only; restore a backup to go back');
  }
}

// A path that does not fit what it looks into is silent and finds nothing: model_labels_check alone speaks of what is no object.
const LABELS = `
  ALTER TABLE registry.model
    ADD COLUMN labels jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(labels) = 'object'),
    ADD CONSTRAINT model_label_count
      CHECK (jsonb_array_length(jsonb_path_query_array(labels, '$.keyvalue()', '{}', true)) <= 64),
    ADD CONSTRAINT model_label_keys CHECK (NOT jsonb_path_exists(
      labels, '$.keyvalue() ? (!(@.key like_regex "^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$"))', '{}', true)),
    ADD CONSTRAINT model_label_values CHECK (NOT jsonb_path_exists(
      labels, 'strict $.* ? (@.type() != "string" || !(@ like_regex "^.{0,255}$" flag "s"))', '{}', true));
`;
