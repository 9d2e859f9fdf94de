import type { ServerWritableStream } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  ListEventsRequest,
  ListEventsResponse,
  WatchEventsRequest,
  WatchEventsResponse,
} from '@resmask/contracts/registry.v1';
import { Streams } from '@resmask/service-kit';
import type { Observable } from 'rxjs';
import { EventService } from './event.service.js';

@Controller()
export class EventController {
  constructor(
    readonly events: EventService,
    readonly streams: Streams,
  ) {}

  @GrpcMethod('RegistryService', 'listEvents')
  list(request: ListEventsRequest): Promise<ListEventsResponse> {
    return this.events.list(request);
  }

  @GrpcMethod('RegistryService', 'watchEvents')
  watch(
    request: WatchEventsRequest,
    _metadata: unknown,
    call: ServerWritableStream<WatchEventsRequest, WatchEventsResponse>,
  ): Promise<Observable<never>> {
    const abort = new AbortController();
    call.on('cancelled', () => abort.abort());
    return this.streams.emit(call, this.events.watch(request, abort.signal));
  }
}
