import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { finalize, type Observable } from 'rxjs';
import type { Drain } from './drain.js';

/** Counts unary and server-streaming calls, so that stopping waits for them. */
export class OpenCallsInterceptor implements NestInterceptor {
  constructor(readonly drain: Drain) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(finalize(this.drain.enter()));
  }
}
