import { EvaluationInitial1794960000001 } from './0001-initial.js';

export { evaluationSchema, JOBS_SCHEMA } from './schema.js';

/** In the order they run. */
export const evaluationMigrations = [EvaluationInitial1794960000001];
