import { Injectable } from '@nestjs/common';
import {
  Approval,
  ApproveModelVersionRequest,
  ComparisonRecord,
  EvaluationRecord,
  type ListComparisonRecordsRequest,
  type ListComparisonRecordsResponse,
  type ListEvaluationRecordsRequest,
  type ListEvaluationRecordsResponse,
  RecordComparisonRequest,
  RecordEvaluationRequest,
} from '@resmask/contracts/registry.v1';
import { DomainError, invalidField } from '@resmask/errors';
import { formatVersionName, parseAliasId, parseVersionName, type VersionName } from '@resmask/resource-names';
import { cutPage, readNumberedPage } from '@resmask/service-kit';
import { changeCall } from '../change/change-call.js';
import { Changes } from '../change/changes.js';
import { checkText } from '../change/check-text.js';
import { currentActor } from '../change/current-actor.js';
import { type FoundVersion, VERSION_TYPE, VersionRepository } from '../version/version.repository.js';
import { ComparisonRepository } from './comparison.repository.js';
import { FactsRepository } from './facts.repository.js';
import { checkComparison, checkEvaluation } from './read-facts.js';

const MAX_COMMENT = 1024;

/** Records what has been found out about versions. Facts are never changed. */
@Injectable()
export class FactsService {
  constructor(
    readonly versions: VersionRepository,
    readonly facts: FactsRepository,
    readonly comparisonRecords: ComparisonRepository,
    readonly changes: Changes,
  ) {}

  async recordEvaluation(request: RecordEvaluationRequest): Promise<EvaluationRecord> {
    const { evaluationRecord: given } = request;
    if (!given) throw invalidField('evaluation_record', 'it is not set');
    const name = parseVersionName(given.version, 'evaluation_record.version');
    checkEvaluation(given, 'evaluation_record', new Date());
    const call = changeCall('RecordEvaluation', request, RecordEvaluationRequest, EvaluationRecord);
    return this.changes.make(call, async (manager) => {
      const found = await this.versions.get(name, manager);
      expectDigest(found, given.versionDigest);
      const { correctCount, sampleCount, dataset, split, predictionsDigest } = given;
      return {
        response: await this.facts.addEvaluation(manager, found, given, currentActor()),
        record: { ...placeOf(name), after: { dataset, split, correctCount, sampleCount, predictionsDigest } },
      };
    });
  }

  async evaluations(request: ListEvaluationRecordsRequest): Promise<ListEvaluationRecordsResponse> {
    const found = await this.versions.get(parseVersionName(request.parent, 'parent'));
    const scope = ['evaluation-records', request.parent];
    const page = readNumberedPage(request, scope, Number.MAX_SAFE_INTEGER);
    const rows = await this.facts.evaluations(found, page.after, page.size + 1);
    const { shown, nextPageToken } = cutPage(rows, page.size, scope, (last) => last.id);
    return {
      evaluationRecords: shown.map(({ record }) => record),
      nextPageToken,
    };
  }

  /** @throws DomainError FIELD_INVALID for a comparison of a version with itself. */
  async recordComparison(request: RecordComparisonRequest): Promise<ComparisonRecord> {
    const { comparisonRecord: given } = request;
    if (!given) throw invalidField('comparison_record', 'it is not set');
    const name = parseVersionName(given.version, 'comparison_record.version');
    const baseline = parseVersionName(given.baseline, 'comparison_record.baseline');
    checkComparison(given, name, baseline, 'comparison_record');
    const call = changeCall('RecordComparison', request, RecordComparisonRequest, ComparisonRecord);
    return this.changes.make(call, async (manager) => {
      const [found, other] = [await this.versions.get(name, manager), await this.versions.get(baseline, manager)];
      const { dataset, split, onlyVersionCorrectCount, onlyBaselineCorrectCount } = given;
      const after = { baseline: given.baseline, dataset, split, onlyVersionCorrectCount, onlyBaselineCorrectCount };
      return {
        response: await this.comparisonRecords.add(manager, found, other, given, currentActor()),
        record: { ...placeOf(name), after },
      };
    });
  }

  async comparisons(request: ListComparisonRecordsRequest): Promise<ListComparisonRecordsResponse> {
    const found = await this.versions.get(parseVersionName(request.parent, 'parent'));
    const scope = ['comparison-records', request.parent];
    const page = readNumberedPage(request, scope, Number.MAX_SAFE_INTEGER);
    const rows = await this.comparisonRecords.list(found, page.after, page.size + 1);
    const { shown, nextPageToken } = cutPage(rows, page.size, scope, (last) => last.id);
    return {
      comparisonRecords: shown.map(({ record }) => record),
      nextPageToken,
    };
  }

  /** @throws DomainError APPROVAL_REFUSED for the version's own publisher. */
  async approve(request: ApproveModelVersionRequest): Promise<Approval> {
    const name = parseVersionName(request.name);
    const alias = parseAliasId(request.aliasId, 'alias_id');
    const comment = checkText(request.comment, 'comment', MAX_COMMENT);
    const call = changeCall('ApproveModelVersion', request, ApproveModelVersionRequest, Approval);
    return this.changes.make(call, async (manager) => {
      const found = await this.versions.get(name, manager);
      const approver = currentActor();
      if (approver === found.version.createdBy) throw ownVersion(name, approver);
      return {
        response: await this.facts.approve(manager, found, { alias, approver, comment }),
        record: { ...placeOf(name), reason: comment, after: { alias, approver } },
      };
    });
  }
}

/** A figure of other bytes must not speak for these. */
function expectDigest({ version, model }: FoundVersion, digest: string): void {
  const actual = version.digest.toString('hex');
  if (digest === actual) return;
  const name = formatVersionName({ namespace: model.namespace, model: model.modelId, version: version.version });
  throw invalidField(
    'evaluation_record.version_digest',
    `got "${digest.slice(0, 64)}", the digest of ${name} is ${actual}`,
    'DIGEST_MISMATCH',
  );
}

function ownVersion(name: VersionName, approver: string): DomainError {
  const message = `${approver} has published ${formatVersionName(name)} and cannot approve it; somebody else must`;
  return new DomainError('APPROVAL_REFUSED', message, {
    resource: { type: VERSION_TYPE, name: formatVersionName(name) },
  });
}

function placeOf({ namespace, model, version }: VersionName) {
  return { namespace, model, resource: `models/${model}/versions/${version}` };
}
