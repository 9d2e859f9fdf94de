import {
  type Approval,
  ApproveModelVersionRequest,
  type ComparisonRecord,
  type EvaluationRecord,
  type GatePolicy,
  type GateResult,
  RegistryServiceClient,
} from '@resmask/contracts/registry.v1';
import { type Channel, callUnary, openChannel } from './channel.js';
import type { ConnectOptions } from './connect-options.js';
import { allPages } from './pages.js';

/** What aliases demand of versions, and the facts in the registry that it is judged by. Every method throws ResmaskError. */
export class GateClient {
  readonly #channel: Channel<RegistryServiceClient>;

  /** @param address the registry's */
  constructor(address: string, options: ConnectOptions = {}) {
    this.#channel = openChannel(RegistryServiceClient, address, options);
  }

  /** What an alias demands of versions; `name` is the alias's with `/gatePolicy` after it. */
  getGatePolicy(name: string): Promise<GatePolicy> {
    return callUnary(this.#channel, this.#client.getGatePolicy, { name });
  }

  /** Sets what an alias demands; `etag` must be that of the existing policy, and empty for the first one. */
  updateGatePolicy(gatePolicy: Pick<GatePolicy, 'name' | 'rules' | 'etag'>, requestId = ''): Promise<GatePolicy> {
    const request = { gatePolicy: { ...gatePolicy, updateTime: undefined }, requestId };
    return callUnary(this.#channel, this.#client.updateGatePolicy, request);
  }

  /** What an alias's gate found, newest first. */
  listGateResults(alias: string): AsyncGenerator<GateResult> {
    return allPages(async (pageToken) => {
      const request = { parent: alias, pageSize: 0, pageToken };
      const page = await callUnary(this.#channel, this.#client.listGateResults, request);
      return { items: page.gateResults, nextPageToken: page.nextPageToken };
    });
  }

  /** Records what an evaluation found; the recorder and the time are the service's to set. */
  recordEvaluation(
    record: Omit<EvaluationRecord, 'recorder' | 'createTime'>,
    requestId = '',
  ): Promise<EvaluationRecord> {
    const evaluationRecord = { ...record, recorder: '', createTime: undefined };
    return callUnary(this.#channel, this.#client.recordEvaluation, { evaluationRecord, requestId });
  }

  /** The recorded evaluations of a version, newest first. */
  listEvaluationRecords(version: string): AsyncGenerator<EvaluationRecord> {
    return allPages(async (pageToken) => {
      const request = { parent: version, pageSize: 0, pageToken };
      const page = await callUnary(this.#channel, this.#client.listEvaluationRecords, request);
      return { items: page.evaluationRecords, nextPageToken: page.nextPageToken };
    });
  }

  /** Records what a comparison of two versions found; the recorder and the time are the service's to set. */
  recordComparison(
    record: Omit<ComparisonRecord, 'recorder' | 'createTime'>,
    requestId = '',
  ): Promise<ComparisonRecord> {
    const comparisonRecord = { ...record, recorder: '', createTime: undefined };
    return callUnary(this.#channel, this.#client.recordComparison, { comparisonRecord, requestId });
  }

  /** The recorded comparisons of a version with its baselines, newest first. */
  listComparisonRecords(version: string): AsyncGenerator<ComparisonRecord> {
    return allPages(async (pageToken) => {
      const request = { parent: version, pageSize: 0, pageToken };
      const page = await callUnary(this.#channel, this.#client.listComparisonRecords, request);
      return { items: page.comparisonRecords, nextPageToken: page.nextPageToken };
    });
  }

  /** Approves a version for an alias, in the name of who calls. */
  approveModelVersion(name: string, aliasId: string, comment = '', requestId = ''): Promise<Approval> {
    const request = ApproveModelVersionRequest.fromPartial({ name, aliasId, comment, requestId });
    return callUnary(this.#channel, this.#client.approveModelVersion, request);
  }

  close(): void {
    this.#client.close();
  }

  get #client(): RegistryServiceClient {
    return this.#channel.client;
  }
}
