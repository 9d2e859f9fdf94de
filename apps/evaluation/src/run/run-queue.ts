import { WAITING_LIMITS } from '@resmask/database';
import type { Logger } from '@resmask/service-kit';
import { type Job, PgBoss } from 'pg-boss';
import type { EntityManager } from 'typeorm';

export interface RunQueueOptions {
  /** A direct connection to the database. */
  readonly url: string;
  readonly schema: string;
  readonly role: string;
  readonly logger: Logger;
}

interface RunJob {
  readonly run: string;
}

const QUEUE = 'evaluation-run';
const QUEUE_OPTIONS = {
  // One job per run, waiting or active, however often it is asked for.
  policy: 'exclusive',
  // A killed worker's job is given to another one after about this time.
  heartbeatSeconds: 10,
  // A job that failed because its process stopped is to be taken again, always.
  retryLimit: 1000,
  retryDelay: 1,
  expireInSeconds: 82_800,
} as const;

/** Wakes workers for runs. The shards' rows are the truth; losing a job only delays a run until the next start. */
export class RunQueue {
  private constructor(readonly boss: PgBoss) {}

  static async open({ url, schema, role, logger }: RunQueueOptions): Promise<RunQueue> {
    const boss = new PgBoss({
      connectionString: url,
      // No limit on statements: pg-boss brings its tables up to date on these connections too.
      options: `-c role=${role} ${WAITING_LIMITS}`,
      application_name: 'resmask-evaluation-jobs',
      schema,
      createSchema: false,
      max: 4,
      superviseIntervalSeconds: 2,
      monitorIntervalSeconds: 1,
      schedule: false,
      monitorVacuum: false,
      reindex: false,
    });
    boss.on('error', (error) => logger.error({ err: error }, 'job queue'));
    await boss.start();
    await boss.createQueue(QUEUE, QUEUE_OPTIONS);
    return new RunQueue(boss);
  }

  /** Asks for a run, in the transaction that creates it if a manager is given. */
  async add(run: string, manager?: EntityManager): Promise<void> {
    const job: RunJob = { run };
    const db = manager && {
      executeSql: async (text: string, values?: unknown[]) => ({ rows: await manager.query(text, values) }),
    };
    await this.boss.send(QUEUE, job, { singletonKey: run, ...(db ? { db } : {}) });
  }

  /** Calls `handle` for one run after the other; the signal says that this process is stopping. */
  async work(handle: (run: string, signal: AbortSignal) => Promise<void>): Promise<void> {
    await this.boss.work<RunJob>(QUEUE, { batchSize: 1, pollingIntervalSeconds: 0.5 }, async ([job]: Job<RunJob>[]) => {
      await handle(job.data.run, job.signal);
    });
  }

  async close(): Promise<void> {
    await this.boss.stop({ graceful: true, timeout: 5000 });
  }
}
