import { InferenceServiceService } from '@resmask/contracts/inference.v1';
import { decodeFrameRequest } from './stream/frame-codec.js';

/** The service as it is generated, except that frames are read without copying their images. */
export const inferenceService: InferenceServiceService = {
  ...InferenceServiceService,
  streamFrames: { ...InferenceServiceService.streamFrames, requestDeserialize: decodeFrameRequest },
};
