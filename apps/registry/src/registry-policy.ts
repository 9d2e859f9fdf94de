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
  updateModel: { role: 'publisher', on: ({ model }) => model?.name },
  deleteModel: { role: 'admin', on: ({ name }) => name },
  undeleteModel: { role: 'admin', on: ({ name }) => name },
  createUpload: { role: 'publisher', on: ({ parent }) => parent },
  getUpload: { role: 'publisher', on: ({ name }) => name },
  writeUploadPart: {
    role: 'publisher',
    on: ({ step }) => (step?.$case === 'start' ? step.value.name : undefined),
  },
  completeUpload: { role: 'publisher', on: ({ name }) => name },
  deleteUpload: { role: 'publisher', on: ({ name }) => name },
  createModelVersion: { role: 'publisher', on: ({ parent }) => parent },
  updateModelVersion: { role: 'publisher', on: ({ modelVersion }) => modelVersion?.name },
  archiveModelVersion: { role: 'publisher', on: ({ name }) => name },
  unarchiveModelVersion: { role: 'publisher', on: ({ name }) => name },
  deleteModelVersion: { role: 'publisher', on: ({ name }) => name },
  undeleteModelVersion: { role: 'publisher', on: ({ name }) => name },
  batchGetModelVersions: { role: 'viewer', on: ({ parent }) => parent },
  listAliases: { role: 'viewer', on: ({ parent }) => parent },
  deleteAlias: { role: 'promoter', on: ({ name }) => name },
  rollbackAlias: { role: 'promoter', on: ({ name }) => name },
  listAliasEvents: { role: 'viewer', on: ({ parent }) => parent },
  listEvents: { role: 'viewer', on: ({ parent }) => parent },
  watchEvents: { role: 'viewer', on: ({ parent }) => parent },
};
