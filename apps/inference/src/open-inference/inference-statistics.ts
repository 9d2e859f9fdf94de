import { Injectable } from '@nestjs/common';
import type { InferBatchStatistics, ModelStatistics, StatisticDuration } from '@resmask/contracts/open-inference';

/** Where the time of one request went, in nanoseconds. */
export interface RequestTimings {
  /** From reading to answer. */
  readonly totalNs: number;
  /** Waiting for a session. */
  readonly queueNs: number;
  /** Making tensors of what was sent. */
  readonly inputNs: number;
  readonly inferNs: number;
  /** Making an answer of the outputs. */
  readonly outputNs: number;
}

/** What one version did; names are for whoever asks. */
export type VersionStatistics = Omit<ModelStatistics, 'name'>;

/** What every version did since the service started. */
@Injectable()
export class InferenceStatistics {
  /** By model and number. */
  readonly #versions = new Map<string, Map<string, VersionStatistics>>();

  /** @param rows of the request's batch */
  succeeded(model: string, number: string, rows: number, timings: RequestTimings): void {
    const version = this.#version(model, number);
    version.lastInference = BigInt(Date.now());
    version.inferenceCount += BigInt(rows);
    version.executionCount += 1n;
    const { success, queue, computeInput, computeInfer, computeOutput } = durationsOf(version);
    const batch = batchStatistics(version, BigInt(rows));
    add(success, timings.totalNs);
    add(queue, timings.queueNs);
    for (const duration of [computeInput, batch.computeInput]) add(duration, timings.inputNs);
    for (const duration of [computeInfer, batch.computeInfer]) add(duration, timings.inferNs);
    for (const duration of [computeOutput, batch.computeOutput]) add(duration, timings.outputNs);
  }

  failed(model: string, number: string, totalNs: number): void {
    add(durationsOf(this.#version(model, number)).fail, totalNs);
  }

  /** Models that were used. */
  get models(): string[] {
    return [...this.#versions.keys()].sort();
  }

  /** What a model's versions did, by number; `number` is among them even if it did nothing. */
  of(model: string, number?: string): VersionStatistics[] {
    if (number) this.#version(model, number);
    const versions = [...(this.#versions.get(model)?.values() ?? [])];
    return versions.sort((a, b) => Number(a.version) - Number(b.version));
  }

  #version(model: string, number: string): VersionStatistics {
    const versions = this.#versions.get(model) ?? new Map<string, VersionStatistics>();
    this.#versions.set(model, versions);
    const version = versions.get(number) ?? emptyStatistics(number);
    versions.set(number, version);
    return version;
  }
}

function emptyStatistics(version: string): VersionStatistics {
  return {
    version,
    lastInference: 0n,
    inferenceCount: 0n,
    executionCount: 0n,
    inferenceStats: {
      success: zero(),
      fail: zero(),
      queue: zero(),
      computeInput: zero(),
      computeInfer: zero(),
      computeOutput: zero(),
      cacheHit: zero(),
      cacheMiss: zero(),
    },
    batchStats: [],
    memoryUsage: [],
    responseStats: {},
  };
}

type Durations<Message> = { readonly [Key in keyof Message]: StatisticDuration };

function durationsOf({ inferenceStats }: VersionStatistics): Durations<NonNullable<typeof inferenceStats>> {
  return inferenceStats as Durations<NonNullable<typeof inferenceStats>>;
}

type BatchDurations = Durations<Omit<InferBatchStatistics, 'batchSize'>>;

function batchStatistics({ batchStats }: VersionStatistics, batchSize: bigint): BatchDurations {
  const known = batchStats.find((batch) => batch.batchSize === batchSize);
  if (known) return known as BatchDurations;
  const durations: BatchDurations = { computeInput: zero(), computeInfer: zero(), computeOutput: zero() };
  const batch = { batchSize, ...durations };
  batchStats.push(batch);
  batchStats.sort((a, b) => Number(a.batchSize - b.batchSize));
  return batch;
}

function zero(): StatisticDuration {
  return { count: 0n, ns: 0n };
}

function add(duration: StatisticDuration, ns: number): void {
  duration.count += 1n;
  duration.ns += BigInt(Math.round(ns));
}
