import type { RegistryServiceService } from '@resmask/contracts/registry.v1alpha1';
import type { ServicePolicy } from '@resmask/service-kit';

/** Who may call what of the registry. */
export const registryPolicy: ServicePolicy<RegistryServiceService> = {
  createModel: { role: 'publisher', on: ({ parent }) => parent },
  getModel: { role: 'viewer', on: ({ name }) => name },
  listModels: { role: 'viewer', on: ({ parent }) => parent },
  uploadModelVersion: {
    role: 'publisher',
    on: ({ step }) => (step?.$case === 'start' ? step.value.parent : undefined),
  },
  getModelVersion: { role: 'viewer', on: ({ name }) => name },
  listModelVersions: { role: 'viewer', on: ({ parent }) => parent },
  resolveModelVersion: { role: 'viewer', on: ({ parent }) => parent },
  downloadModelFile: { role: 'viewer', on: ({ name }) => name },
  // The version must be one of the alias's own model, so there is no second namespace.
  setAlias: { role: 'promoter', on: ({ alias }) => alias?.name },
  getAlias: { role: 'viewer', on: ({ name }) => name },
};
