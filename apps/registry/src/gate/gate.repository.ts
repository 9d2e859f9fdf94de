import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ComparisonFact, EvaluationFact } from './gate-facts.js';
import type { GateRule, SplitName } from './gate-rule.js';
import type { RuleOutcome } from './judge-rule.js';

/** A version by its keys. */
export interface VersionKey {
  readonly model: string;
  readonly version: number;
}

export interface PolicyRow {
  readonly rules: readonly GateRule[];
  readonly revision: string;
  readonly updateTime: Date;
}

export interface GateResultRow {
  readonly id: string;
  readonly version: number;
  readonly passed: boolean;
  readonly outcomes: readonly RuleOutcome[];
  readonly actor: string;
  readonly createTime: Date;
}

const EVALUATION = `encode(protocol_digest, 'hex') AS "protocolDigest", encode(dataset_digest, 'hex') AS "datasetDigest",
  encode(predictions_digest, 'hex') AS "predictionsDigest", sample_count::float8 AS "sampleCount",
  correct_count::float8 AS "correctCount", finish_time AS "finishTime"`;
const COMPARISON = `encode(dataset_digest, 'hex') AS "datasetDigest", encode(protocol_digest, 'hex') AS "protocolDigest",
  encode(predictions_digest, 'hex') AS "predictionsDigest",
  encode(baseline_predictions_digest, 'hex') AS "baselinePredictionsDigest",
  only_version_correct_count::float8 AS "onlyVersionCorrect", only_baseline_correct_count::float8 AS "onlyBaselineCorrect"`;

/** Policies, the facts they look at, and what came of it. */
@Injectable()
export class GateRepository {
  constructor(readonly dataSource: DataSource) {}

  async policy(model: string, alias: string, manager?: EntityManager): Promise<PolicyRow | undefined> {
    const [row] = await (manager ?? this.dataSource).query(
      'SELECT rules, revision, update_time AS "updateTime" FROM gate_policy WHERE model = $1 AND alias = $2',
      [model, alias],
    );
    return row;
  }

  /** Holds the policy as it is against other changes. */
  async lockPolicy(model: string, alias: string, manager: EntityManager): Promise<PolicyRow | undefined> {
    await manager.query('SELECT FROM gate_policy WHERE model = $1 AND alias = $2 FOR UPDATE', [model, alias]);
    return this.policy(model, alias, manager);
  }

  async setPolicy(manager: EntityManager, model: string, alias: string, rules: readonly GateRule[]): Promise<void> {
    await manager.query(
      `INSERT INTO gate_policy (model, alias, rules) VALUES ($1, $2, $3)
         ON CONFLICT (model, alias) DO UPDATE
         SET rules = EXCLUDED.rules, revision = gate_policy.revision + 1, update_time = now()`,
      [model, alias, JSON.stringify(rules)],
    );
  }

  /** The newest recorded one. */
  async evaluation(
    manager: EntityManager,
    { model, version }: VersionKey,
    dataset: string,
    split: SplitName,
  ): Promise<EvaluationFact | undefined> {
    const [row] = await manager.query(
      `SELECT ${EVALUATION} FROM evaluation_record
         WHERE model = $1 AND version = $2 AND dataset = $3 AND split = $4 ORDER BY id DESC LIMIT 1`,
      [model, version, dataset, split],
    );
    return row;
  }

  /** The newest recorded one. */
  async comparison(
    manager: EntityManager,
    version: VersionKey,
    baseline: VersionKey,
    dataset: string,
    split: SplitName,
  ): Promise<ComparisonFact | undefined> {
    const [row] = await manager.query(
      `SELECT ${COMPARISON} FROM comparison_record
         WHERE model = $1 AND version = $2 AND baseline_model = $3 AND baseline_version = $4 AND dataset = $5 AND split = $6
         ORDER BY id DESC LIMIT 1`,
      [version.model, version.version, baseline.model, baseline.version, dataset, split],
    );
    return row;
  }

  /** Of a version for an alias, its publisher left out. */
  async approvers(manager: EntityManager, { model, version }: VersionKey, alias: string): Promise<string[]> {
    const rows: { approver: string }[] = await manager.query(
      `SELECT a.approver FROM approval a JOIN model_version v USING (model, version)
         WHERE a.model = $1 AND a.version = $2 AND a.alias = $3 AND a.approver <> v.created_by ORDER BY a.approver`,
      [model, version, alias],
    );
    return rows.map(({ approver }) => approver);
  }

  async addResult(
    runner: Pick<EntityManager, 'query'>,
    { model, version }: VersionKey,
    alias: string,
    result: Pick<GateResultRow, 'passed' | 'outcomes' | 'actor'> & { readonly policyRevision: string },
  ): Promise<void> {
    const { passed, outcomes, actor, policyRevision } = result;
    await runner.query(
      `INSERT INTO gate_result (model, version, alias, passed, policy_revision, outcomes, actor)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [model, version, alias, passed, policyRevision, JSON.stringify(outcomes), actor],
    );
  }

  /** Newest first, before the given id. */
  results(model: string, alias: string, before: number | undefined, limit: number): Promise<GateResultRow[]> {
    return this.dataSource.query(
      `SELECT id, version, passed, outcomes, actor, create_time AS "createTime" FROM gate_result
         WHERE model = $1 AND alias = $2 AND ($3::bigint IS NULL OR id < $3::bigint) ORDER BY id DESC LIMIT $4`,
      [model, alias, before ?? null, limit],
    );
  }
}
