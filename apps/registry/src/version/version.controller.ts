import type { ServerReadableStream, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type {
  ArchiveModelVersionRequest,
  BatchGetModelVersionsRequest,
  BatchGetModelVersionsResponse,
  CreateModelVersionRequest,
  DeleteModelVersionRequest,
  DownloadModelFileRequest,
  DownloadModelFileResponse,
  GetModelVersionRequest,
  ListModelVersionsRequest,
  ListModelVersionsResponse,
  ModelVersion,
  ResolveModelVersionRequest,
  UnarchiveModelVersionRequest,
  UndeleteModelVersionRequest,
  UpdateModelVersionRequest,
  UploadModelVersionRequest,
} from '@resmask/contracts/registry.v1';
import { Streams } from '@resmask/service-kit';
import type { Observable } from 'rxjs';
import { VersionService } from './version.service.js';
import { VersionCreation } from './version-creation.js';
import { VersionLifecycle } from './version-lifecycle.js';
import { VersionUpload } from './version-upload.js';

@Controller()
export class VersionController {
  constructor(
    readonly versions: VersionService,
    readonly creation: VersionCreation,
    readonly lifecycle: VersionLifecycle,
    readonly uploads: VersionUpload,
    readonly streams: Streams,
  ) {}

  @GrpcStreamCall('RegistryService', 'uploadModelVersion')
  upload(
    call: ServerReadableStream<UploadModelVersionRequest, ModelVersion>,
    answer: sendUnaryData<ModelVersion>,
  ): void {
    this.streams.collect(call, answer, () => this.uploads.receive(call));
  }

  @GrpcMethod('RegistryService', 'createModelVersion')
  create(request: CreateModelVersionRequest): Promise<ModelVersion> {
    return this.creation.create(request);
  }

  @GrpcMethod('RegistryService', 'getModelVersion')
  get(request: GetModelVersionRequest): Promise<ModelVersion> {
    return this.versions.get(request);
  }

  @GrpcMethod('RegistryService', 'listModelVersions')
  list(request: ListModelVersionsRequest): Promise<ListModelVersionsResponse> {
    return this.versions.list(request);
  }

  @GrpcMethod('RegistryService', 'batchGetModelVersions')
  batchGet(request: BatchGetModelVersionsRequest): Promise<BatchGetModelVersionsResponse> {
    return this.versions.batchGet(request);
  }

  @GrpcMethod('RegistryService', 'updateModelVersion')
  update(request: UpdateModelVersionRequest): Promise<ModelVersion> {
    return this.lifecycle.update(request);
  }

  @GrpcMethod('RegistryService', 'archiveModelVersion')
  archive(request: ArchiveModelVersionRequest): Promise<ModelVersion> {
    return this.lifecycle.archive(request);
  }

  @GrpcMethod('RegistryService', 'unarchiveModelVersion')
  unarchive(request: UnarchiveModelVersionRequest): Promise<ModelVersion> {
    return this.lifecycle.unarchive(request);
  }

  @GrpcMethod('RegistryService', 'deleteModelVersion')
  delete(request: DeleteModelVersionRequest): Promise<ModelVersion> {
    return this.lifecycle.delete(request);
  }

  @GrpcMethod('RegistryService', 'undeleteModelVersion')
  undelete(request: UndeleteModelVersionRequest): Promise<ModelVersion> {
    return this.lifecycle.undelete(request);
  }

  @GrpcMethod('RegistryService', 'resolveModelVersion')
  resolve(request: ResolveModelVersionRequest): Promise<ModelVersion> {
    return this.versions.resolve(request);
  }

  @GrpcMethod('RegistryService', 'downloadModelFile')
  download(
    request: DownloadModelFileRequest,
    _metadata: unknown,
    call: ServerWritableStream<DownloadModelFileRequest, DownloadModelFileResponse>,
  ): Promise<Observable<never>> {
    return this.streams.emit(call, this.versions.download(request));
  }
}
