import { Injectable } from '@nestjs/common';
import { DomainError } from '@resmask/errors';
import { type AliasName, formatAliasName, formatVersionName } from '@resmask/resource-names';
import { DataSource, type EntityManager } from 'typeorm';
import { currentActor } from '../change/current-actor.js';
import { GateRepository, type VersionKey } from './gate.repository.js';
import type { GateFacts } from './gate-facts.js';
import { judgeRule, type RuleOutcome } from './judge-rule.js';

/** A version that wants to be an alias's. */
export interface Passage {
  readonly name: AliasName;
  readonly model: string;
  readonly version: number;
  /** The version the alias points at now. */
  readonly holder: number | undefined;
}

/** A refusal, with what has to be kept of it once the transaction is rolled back. */
export class GateRefusal extends DomainError {
  constructor(
    message: string,
    readonly passage: Passage,
    readonly outcomes: readonly RuleOutcome[],
    readonly policyRevision: string,
  ) {
    super('GATE_NOT_PASSED', message, {
      violations: outcomes
        .filter(({ passed }) => !passed)
        .map(({ rule, got, wanted }) => ({ field: rule, description: `got: ${got}; wanted: ${wanted}` })),
      resource: { type: 'registry.resmask.dev/Alias', name: formatAliasName(passage.name) },
    });
  }
}

/** Lets versions through that hold what an alias demands. It looks only at what is recorded, and calls nobody. */
@Injectable()
export class Gate {
  constructor(
    readonly dataSource: DataSource,
    readonly gates: GateRepository,
  ) {}

  /** @throws GateRefusal that lists each rule that does not hold, with what was got and wanted. */
  async pass(manager: EntityManager, passage: Passage): Promise<void> {
    const { name, model, version } = passage;
    const policy = await this.gates.policy(model, name.alias, manager);
    if (!policy || policy.rules.length === 0) return;
    const facts = this.#facts(manager, passage);
    const outcomes: RuleOutcome[] = [];
    for (const rule of policy.rules) outcomes.push(await judgeRule(rule, facts, new Date()));
    const failed = outcomes.filter(({ passed }) => !passed);
    if (failed.length > 0) {
      const list = failed.map(({ rule, got, wanted }) => `${rule}: got ${got}; wanted ${wanted}`).join('; ');
      const message = `${facts.version} does not pass the gate of ${formatAliasName(name)}: ${list}`;
      throw new GateRefusal(message, passage, outcomes, policy.revision);
    }
    const result = { passed: true, outcomes, actor: currentActor(), policyRevision: policy.revision };
    await this.gates.addResult(manager, { model, version }, name.alias, result);
  }

  /** Keeps a refusal, whose own transaction is gone. */
  async keepRefusal({ passage, outcomes, policyRevision }: GateRefusal): Promise<void> {
    const { name, model, version } = passage;
    const result = { passed: false, outcomes, actor: currentActor(), policyRevision };
    await this.gates.addResult(this.dataSource.manager, { model, version }, name.alias, result);
  }

  #facts(manager: EntityManager, { name, model, version, holder }: Passage): GateFacts {
    const ours: VersionKey = { model, version };
    const theirs: VersionKey | undefined = holder === undefined ? undefined : { model, version: holder };
    return {
      version: formatVersionName({ ...name, version }),
      holder: holder === undefined ? undefined : formatVersionName({ ...name, version: holder }),
      evaluation: async (of, dataset, split) => {
        const key = of === 'version' ? ours : theirs;
        return key && this.gates.evaluation(manager, key, dataset, split);
      },
      comparison: async (dataset, split) => theirs && this.gates.comparison(manager, ours, theirs, dataset, split),
      approvers: () => this.gates.approvers(manager, ours, name.alias),
    };
  }
}
