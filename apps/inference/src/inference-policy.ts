import type { InferenceServiceService } from '@resmask/contracts/inference.v1';
import type { ServicePolicy } from '@resmask/service-kit';
import { DEFAULT_NAMESPACE } from './model/model-choice.js';

const on = ({ parent }: { parent: string }): string => parent || DEFAULT_NAMESPACE;

/** Who may call what of the inference service: callers have frames recognised, viewers also see what is loaded. */
export const inferencePolicy: ServicePolicy<InferenceServiceService> = {
  recognize: { role: 'caller', on },
  streamFrames: {
    role: 'caller',
    on: ({ message }) => (message?.$case === 'config' ? on(message.value) : undefined),
  },
  explain: { role: 'caller', on },
  listServedModels: { role: 'viewer', on },
  loadModel: { role: 'promoter', on },
  unloadModel: { role: 'promoter', on },
};
