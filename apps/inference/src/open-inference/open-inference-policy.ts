import type { GRPCInferenceServiceService } from '@resmask/contracts/open-inference';
import { ALL_NAMESPACES, type ServicePolicy } from '@resmask/service-kit';
import { namedResource } from './version-reference.js';

/**
 * Who may call what of the Open Inference Protocol: callers may use the models of a namespace, viewers also see which there are; what is
 * loaded is up to those who say what serves. What tells nothing of any model is for everybody who is known.
 */
export const openInferencePolicy: ServicePolicy<GRPCInferenceServiceService> = {
  serverLive: 'authenticated',
  serverReady: 'authenticated',
  serverMetadata: 'authenticated',
  modelReady: { role: 'caller', on: ({ name }) => namedResource(name) },
  modelMetadata: { role: 'caller', on: ({ name }) => namedResource(name) },
  modelInfer: { role: 'caller', on: ({ modelName }) => namedResource(modelName) },
  // Of the first request; the stream asks the same of each.
  modelStreamInfer: { role: 'caller', on: ({ modelName }) => namedResource(modelName) },
  modelConfig: { role: 'caller', on: ({ name }) => namedResource(name) },
  modelStatistics: { role: 'viewer', on: ({ name }) => (name === '' ? ALL_NAMESPACES : namedResource(name)) },
  repositoryIndex: { role: 'viewer', on: ({ repositoryName }) => namedResource('', repositoryName) },
  repositoryModelLoad: {
    role: 'promoter',
    on: ({ modelName, repositoryName }) => namedResource(modelName, repositoryName),
  },
  repositoryModelUnload: {
    role: 'promoter',
    on: ({ modelName, repositoryName }) => namedResource(modelName, repositoryName),
  },
  systemSharedMemoryStatus: 'authenticated',
  systemSharedMemoryRegister: 'authenticated',
  systemSharedMemoryUnregister: 'authenticated',
  cudaSharedMemoryStatus: 'authenticated',
  cudaSharedMemoryRegister: 'authenticated',
  cudaSharedMemoryUnregister: 'authenticated',
  traceSetting: 'authenticated',
  logSettings: 'authenticated',
};
