import type { InferenceServiceService } from '@resmask/contracts/inference.v1';
import type { ServicePolicy } from '@resmask/service-kit';
import { DEFAULT_NAMESPACE } from './model/serving-models.js';

/** Who may call what of the inference service: whoever may see the models of a namespace may use them. */
export const inferencePolicy: ServicePolicy<InferenceServiceService> = {
  recognize: { role: 'viewer', on: ({ parent }) => parent || DEFAULT_NAMESPACE },
  explain: { role: 'viewer', on: ({ parent }) => parent || DEFAULT_NAMESPACE },
  listServedModels: { role: 'viewer', on: ({ parent }) => parent || DEFAULT_NAMESPACE },
  loadModel: { role: 'promoter', on: ({ parent }) => parent || DEFAULT_NAMESPACE },
  unloadModel: { role: 'promoter', on: ({ parent }) => parent || DEFAULT_NAMESPACE },
  streamFrames: {
    role: 'viewer',
    on: ({ message }) => (message?.$case === 'config' ? message.value.parent || DEFAULT_NAMESPACE : undefined),
  },
};
