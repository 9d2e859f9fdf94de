import type { Schema } from '@resmask/database';

export const evaluationSchema: Schema = { name: 'evaluation', lockKey: 7_350_002, role: 'resmask_evaluation' };

/** The schema of the job queue, which keeps its tables itself. */
export const JOBS_SCHEMA = 'jobs';
