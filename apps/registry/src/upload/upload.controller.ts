import type { ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type { Empty } from '@resmask/contracts/google.protobuf/empty';
import type {
  CompleteUploadRequest,
  CreateUploadRequest,
  DeleteUploadRequest,
  GetUploadRequest,
  Upload,
  UploadPart,
  WriteUploadPartRequest,
} from '@resmask/contracts/registry.v1';
import { Streams } from '@resmask/service-kit';
import { UploadService } from './upload.service.js';

@Controller()
export class UploadController {
  constructor(
    readonly uploads: UploadService,
    readonly streams: Streams,
  ) {}

  @GrpcMethod('RegistryService', 'createUpload')
  create(request: CreateUploadRequest): Promise<Upload> {
    return this.uploads.create(request);
  }

  @GrpcMethod('RegistryService', 'getUpload')
  get(request: GetUploadRequest): Promise<Upload> {
    return this.uploads.get(request);
  }

  @GrpcStreamCall('RegistryService', 'writeUploadPart')
  write(call: ServerReadableStream<WriteUploadPartRequest, UploadPart>, answer: sendUnaryData<UploadPart>): void {
    this.streams.collect(call, answer, () => this.uploads.write(call));
  }

  @GrpcMethod('RegistryService', 'completeUpload')
  complete(request: CompleteUploadRequest): Promise<Upload> {
    return this.uploads.complete(request);
  }

  @GrpcMethod('RegistryService', 'deleteUpload')
  delete(request: DeleteUploadRequest): Promise<Empty> {
    return this.uploads.delete(request);
  }
}
