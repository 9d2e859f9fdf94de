import { DeliveryMode } from '@resmask/client';
import type { StreamConfig } from '@resmask/contracts/inference.v1';
import { expect } from 'vitest';
import type { InferenceCalls } from './inference-calls.js';
import { type LoadOptions, StreamLoad } from './stream-load.js';
import { TestStream } from './test-stream.js';

/** Many streams on one connection, live and lossless ones by turns, each under load. */
export class StreamFleet {
  readonly streams: readonly TestStream[];
  readonly loads: readonly StreamLoad[];

  constructor(calls: InferenceCalls, size: number, config: Partial<StreamConfig>, load: LoadOptions) {
    this.streams = Array.from({ length: size }, (_, i) => {
      const mode = i % 2 === 0 ? DeliveryMode.DELIVERY_MODE_LATEST : DeliveryMode.DELIVERY_MODE_LOSSLESS;
      return new TestStream(calls.stub, { ...config, mode });
    });
    this.loads = this.streams.map((stream) => new StreamLoad(stream, load));
  }

  /** Waits until every stream has had so many more replies. */
  async answers(count: number): Promise<void> {
    const goals = this.streams.map(({ replies }) => replies.length + count);
    await Promise.all(this.streams.map((stream, i) => stream.until(({ replies }) => replies.length >= goals[i])));
  }

  /** Waits until every stream has been answered by a version. */
  async reaches(model: string): Promise<void> {
    await Promise.all(this.streams.map((stream) => stream.until(({ models }) => models.at(-1) === model)));
  }

  async finish(): Promise<void> {
    await Promise.all(this.loads.map((load) => load.finish()));
  }

  /** Takes the latencies since they were last taken. */
  takeLatencies(): number[] {
    return this.streams.flatMap(({ latencies }) => latencies.splice(0));
  }

  /** Every frame that was sent has been answered once, in order, without an error; a lossless one by a result. */
  expectWhole(): void {
    for (const [i, { sent, replies, end }] of this.streams.entries()) {
      expect(end).toBe('OK');
      expect(replies.map(({ value: { frameId } }) => frameId)).toEqual(sent);
      const kinds = new Set(replies.map(({ $case }) => $case));
      kinds.delete('result');
      if (i % 2 === 0) kinds.delete('dropped');
      expect([...kinds]).toEqual([]);
    }
  }
}
