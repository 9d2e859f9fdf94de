import { Injectable } from '@nestjs/common';
import {
  GatePolicy,
  type GetGatePolicyRequest,
  type ListGateResultsRequest,
  type ListGateResultsResponse,
  UpdateGatePolicyRequest,
} from '@resmask/contracts/registry.v1';
import { DomainError, invalidField } from '@resmask/errors';
import { type AliasName, formatAliasName, formatVersionName, parseAliasName } from '@resmask/resource-names';
import { cutPage, readNumberedPage, toTimestamp } from '@resmask/service-kit';
import { changeCall } from '../change/change-call.js';
import { Changes } from '../change/changes.js';
import { ModelRepository } from '../model/model.repository.js';
import { GateRepository, type PolicyRow } from './gate.repository.js';
import { readRules, toRuleMessage } from './gate-rule.js';

const SUFFIX = '/gatePolicy';

/** Sets and tells what aliases demand, and what came of it. */
@Injectable()
export class GatePolicyService {
  constructor(
    readonly models: ModelRepository,
    readonly gates: GateRepository,
    readonly changes: Changes,
  ) {}

  async get(request: GetGatePolicyRequest): Promise<GatePolicy> {
    const name = parsePolicyName(request.name, 'name');
    const model = await this.models.get(name);
    return toMessage(name, await this.gates.policy(model.id, name.alias));
  }

  async update(request: UpdateGatePolicyRequest): Promise<GatePolicy> {
    const { gatePolicy: given } = request;
    if (!given) throw invalidField('gate_policy', 'it is not set');
    const name = parsePolicyName(given.name, 'gate_policy.name');
    const rules = readRules(given.rules, 'gate_policy.rules');
    const call = changeCall('UpdateGatePolicy', request, UpdateGatePolicyRequest, GatePolicy);
    return this.changes.make(call, async (manager) => {
      const model = await this.models.holdLive(name, manager);
      const before = await this.gates.lockPolicy(model.id, name.alias, manager);
      if (given.etag !== (before?.revision ?? '')) throw stale(name, given.etag, before?.revision);
      await this.gates.setPolicy(manager, model.id, name.alias, rules);
      return {
        response: toMessage(name, await this.gates.policy(model.id, name.alias, manager)),
        record: {
          namespace: name.namespace,
          model: name.model,
          resource: `models/${name.model}/aliases/${name.alias}${SUFFIX}`,
          ...(before && { before: { rules: before.rules } }),
          after: { rules },
        },
      };
    });
  }

  async results(request: ListGateResultsRequest): Promise<ListGateResultsResponse> {
    const name = parseAliasName(request.parent, 'parent');
    const model = await this.models.get(name);
    const scope = ['gate-results', request.parent];
    const page = readNumberedPage(request, scope, Number.MAX_SAFE_INTEGER);
    const rows = await this.gates.results(model.id, name.alias, page.after, page.size + 1);
    const { shown, nextPageToken } = cutPage(rows, page.size, scope, (last) => last.id);
    return {
      gateResults: shown.map(({ version, passed, outcomes, actor, createTime }) => ({
        version: formatVersionName({ ...name, version }),
        aliasId: name.alias,
        passed,
        outcomes: outcomes.map((outcome) => ({ ...outcome, evidence: [...outcome.evidence] })),
        actor,
        createTime: toTimestamp(createTime),
      })),
      nextPageToken,
    };
  }
}

function parsePolicyName(name: string, field: string): AliasName {
  if (!name.endsWith(SUFFIX)) {
    const pattern = `namespaces/{namespace}/models/{model}/aliases/{alias}${SUFFIX}`;
    throw invalidField(field, `got "${name.slice(0, 255)}"; the form is ${pattern}`, 'RESOURCE_NAME_INVALID');
  }
  return parseAliasName(name.slice(0, -SUFFIX.length), field);
}

function toMessage(name: AliasName, policy: PolicyRow | undefined): GatePolicy {
  return {
    name: `${formatAliasName(name)}${SUFFIX}`,
    rules: (policy?.rules ?? []).map(toRuleMessage),
    etag: policy?.revision ?? '',
    updateTime: policy && toTimestamp(policy.updateTime),
  };
}

function stale(name: AliasName, got: string, current = ''): DomainError {
  const message = `gate_policy.etag: "${got}" was sent, it is "${current}" now; read the policy again and decide anew`;
  return new DomainError('ETAG_MISMATCH', message, {
    metadata: { etag: current },
    resource: { type: 'registry.resmask.dev/GatePolicy', name: `${formatAliasName(name)}${SUFFIX}` },
  });
}
