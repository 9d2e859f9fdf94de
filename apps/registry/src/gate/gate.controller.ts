import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  Approval,
  ApproveModelVersionRequest,
  ComparisonRecord,
  EvaluationRecord,
  GatePolicy,
  GetGatePolicyRequest,
  ListComparisonRecordsRequest,
  ListComparisonRecordsResponse,
  ListEvaluationRecordsRequest,
  ListEvaluationRecordsResponse,
  ListGateResultsRequest,
  ListGateResultsResponse,
  RecordComparisonRequest,
  RecordEvaluationRequest,
  UpdateGatePolicyRequest,
} from '@resmask/contracts/registry.v1';
import { FactsService } from './facts.service.js';
import { GatePolicyService } from './gate-policy.service.js';

@Controller()
export class GateController {
  constructor(
    readonly policies: GatePolicyService,
    readonly facts: FactsService,
  ) {}

  @GrpcMethod('RegistryService', 'getGatePolicy')
  policy(request: GetGatePolicyRequest): Promise<GatePolicy> {
    return this.policies.get(request);
  }

  @GrpcMethod('RegistryService', 'updateGatePolicy')
  update(request: UpdateGatePolicyRequest): Promise<GatePolicy> {
    return this.policies.update(request);
  }

  @GrpcMethod('RegistryService', 'listGateResults')
  results(request: ListGateResultsRequest): Promise<ListGateResultsResponse> {
    return this.policies.results(request);
  }

  @GrpcMethod('RegistryService', 'recordEvaluation')
  recordEvaluation(request: RecordEvaluationRequest): Promise<EvaluationRecord> {
    return this.facts.recordEvaluation(request);
  }

  @GrpcMethod('RegistryService', 'listEvaluationRecords')
  evaluations(request: ListEvaluationRecordsRequest): Promise<ListEvaluationRecordsResponse> {
    return this.facts.evaluations(request);
  }

  @GrpcMethod('RegistryService', 'recordComparison')
  recordComparison(request: RecordComparisonRequest): Promise<ComparisonRecord> {
    return this.facts.recordComparison(request);
  }

  @GrpcMethod('RegistryService', 'listComparisonRecords')
  comparisons(request: ListComparisonRecordsRequest): Promise<ListComparisonRecordsResponse> {
    return this.facts.comparisons(request);
  }

  @GrpcMethod('RegistryService', 'approveModelVersion')
  approve(request: ApproveModelVersionRequest): Promise<Approval> {
    return this.facts.approve(request);
  }
}
