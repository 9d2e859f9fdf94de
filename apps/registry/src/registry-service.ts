import {
  DownloadModelFileResponse,
  RegistryServiceService,
  UploadModelVersionRequest,
  WriteUploadPartRequest,
} from '@resmask/contracts/registry.v1';
import { chunkCodec } from './artifact/chunk-codec.js';

const { downloadModelFile, uploadModelVersion, writeUploadPart } = RegistryServiceService;
const downloaded = chunkCodec((chunk) => DownloadModelFileResponse.encode({ chunk }));
const uploaded = chunkCodec((value) => UploadModelVersionRequest.encode({ step: { $case: 'chunk', value } }));
const partial = chunkCodec((value) => WriteUploadPartRequest.encode({ step: { $case: 'chunk', value } }));

/** The service as it is generated, except that the bytes of files are copied less often on their way. */
export const registryService: RegistryServiceService = {
  ...RegistryServiceService,
  downloadModelFile: { ...downloadModelFile, responseSerialize: ({ chunk }) => downloaded.write(chunk) },
  uploadModelVersion: {
    ...uploadModelVersion,
    requestDeserialize: (message) => {
      const value = uploaded.read(message);
      return value ? { step: { $case: 'chunk', value } } : uploadModelVersion.requestDeserialize(message);
    },
  },
  writeUploadPart: {
    ...writeUploadPart,
    requestDeserialize: (message) => {
      const value = partial.read(message);
      return value ? { step: { $case: 'chunk', value } } : writeUploadPart.requestDeserialize(message);
    },
  },
};
