import type { EvaluationServiceService } from '@resmask/contracts/evaluation.v1alpha1';
import type { ServicePolicy } from '@resmask/service-kit';

/** Who may call what of the evaluation service. */
export const evaluationPolicy: ServicePolicy<EvaluationServiceService> = {
  importDataset: {
    role: 'publisher',
    on: ({ step }) => (step?.$case === 'start' ? step.value.parent : undefined),
  },
  getDataset: { role: 'viewer', on: ({ name }) => name },
  listDatasets: { role: 'viewer', on: ({ parent }) => parent },
  createRun: {
    role: 'publisher',
    on: ({ parent }) => parent,
    // The data set may belong to another namespace than the run.
    also: { role: 'viewer', on: ({ parent, run }) => run?.dataset ?? parent },
  },
  getRun: { role: 'viewer', on: ({ name }) => name },
  listRuns: { role: 'viewer', on: ({ parent }) => parent },
  watchRun: { role: 'viewer', on: ({ name }) => name },
  listPredictions: { role: 'viewer', on: ({ parent }) => parent },
};
