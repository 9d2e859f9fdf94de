import { ServerInterceptingCall, type ServerInterceptor, type ServiceDefinition } from '@grpc/grpc-js';
import { DomainError } from '@resmask/errors';
import type { CallErrors } from './call-errors.js';

/** Stands for a message whose bytes cannot be read, until the call it came with is refused. */
class MalformedMessage {
  constructor(readonly problem: unknown) {}
}

/** The same service, reading whatever it is sent: grpc-js calls bytes it cannot read INTERNAL, as if the server were at fault. */
export function readingAnything(service: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      { ...method, requestDeserialize: (bytes: Buffer) => readOrMark(method.requestDeserialize, bytes) },
    ]),
  );
}

function readOrMark(read: (bytes: Buffer) => unknown, bytes: Buffer): unknown {
  try {
    return read(bytes);
  } catch (problem) {
    return new MalformedMessage(problem);
  }
}

/** Ends a call at its first message that could not be read. */
export function refuseMalformed(errors: CallErrors): ServerInterceptor {
  return (_method, call) => {
    let refused = false;
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMessage: (message, forward) => {
            if (message instanceof MalformedMessage) {
              refused = true;
              call.sendStatus(errors.toCallError(malformed(message)));
            } else {
              forward(message);
            }
          },
        }),
      // A handler that still answers earlier messages would write after the end, and then the status is never sent.
      sendMessage: (message, next) => {
        if (!refused) next(message);
      },
      sendStatus: (status, next) => {
        if (!refused) next(status);
      },
    });
  };
}

function malformed({ problem }: MalformedMessage): DomainError {
  const what = problem instanceof Error ? problem.message : String(problem);
  const message = `a message of the call cannot be read as what the method takes: ${what}`;
  return new DomainError('MESSAGE_MALFORMED', message, { cause: problem });
}
