import { makeGenericClientConstructor } from '@grpc/grpc-js';
import { InferenceServiceClient, InferenceServiceService } from '@resmask/contracts/inference.v1';
import { encodeFrameRequest } from './encode-frame-request.js';

/** The generated stub, except that frames are written with one copy of their images. */
export const FrameServiceClient = makeGenericClientConstructor(
  {
    ...InferenceServiceService,
    streamFrames: { ...InferenceServiceService.streamFrames, requestSerialize: encodeFrameRequest },
  },
  'resmask.inference.v1.InferenceService',
) as unknown as typeof InferenceServiceClient;
