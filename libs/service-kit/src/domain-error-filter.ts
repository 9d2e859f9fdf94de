import { type ArgumentsHost, Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';
import type { CallErrors } from './call-errors.js';

/** Gives every error of a unary or server-streaming call to CallErrors. */
@Catch()
export class DomainErrorFilter implements RpcExceptionFilter<unknown> {
  constructor(readonly errors: CallErrors) {}

  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => this.errors.toCallError(error));
  }
}
