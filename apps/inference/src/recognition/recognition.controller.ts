import type { ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type {
  ExplainRequest,
  ExplainResponse,
  RecognizeRequest,
  RecognizeResponse,
  StreamFramesRequest,
  StreamFramesResponse,
} from '@resmask/contracts/inference.v1';
import { Streams } from '@resmask/service-kit';
import { FrameStreams } from '../stream/frame-streams.js';
import { ExplainService } from './explain.service.js';
import { RecognitionService } from './recognition.service.js';

@Controller()
export class RecognitionController {
  constructor(
    readonly recognition: RecognitionService,
    readonly explanation: ExplainService,
    readonly frames: FrameStreams,
    readonly streams: Streams,
  ) {}

  @GrpcMethod('InferenceService', 'recognize')
  recognize(
    request: RecognizeRequest,
    _metadata: unknown,
    call: ServerUnaryCall<RecognizeRequest, RecognizeResponse>,
  ): Promise<RecognizeResponse> {
    return this.recognition.recognize(request, call);
  }

  @GrpcMethod('InferenceService', 'explain')
  explain(
    request: ExplainRequest,
    _metadata: unknown,
    call: ServerUnaryCall<ExplainRequest, ExplainResponse>,
  ): Promise<ExplainResponse> {
    return this.explanation.explain(request, call);
  }

  @GrpcStreamCall('InferenceService', 'streamFrames')
  streamFrames(call: ServerDuplexStream<StreamFramesRequest, StreamFramesResponse>): void {
    this.streams.duplex(call, () => this.frames.serve(call));
  }
}
