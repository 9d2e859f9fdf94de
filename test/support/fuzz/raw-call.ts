import type { DescMethod } from '@bufbuild/protobuf';
import { type Client, type ServiceError, status } from '@grpc/grpc-js';

/** Messages that a method is called with, as bytes. */
export class RawCall {
  constructor(
    readonly method: DescMethod,
    readonly messages: readonly Uint8Array[],
  ) {}

  /** What fast-check prints of a call that went wrong. */
  toString(): string {
    const messages = this.messages.map((message) => Buffer.from(message).toString('base64').slice(0, 1000));
    return `${this.method.name}(${messages.join(', ')})`;
  }
}

/** No call takes that long: one that does hangs. */
const DEADLINE_MS = 20_000;
const asIs = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

/** How a call ended. */
export interface Ending {
  readonly code: string;
  readonly details: string;
}

/** Makes a call of any kind. @returns how it ended; OK for a watch that was left after its first message */
export async function rawCall(client: Client, { method, messages }: RawCall): Promise<Ending> {
  const path = `/${method.parent.typeName}/${method.name}`;
  const options = { deadline: Date.now() + DEADLINE_MS };
  const error = await new Promise<ServiceError | null>((resolve) => {
    switch (method.methodKind) {
      case 'unary':
        client.makeUnaryRequest(path, asIs, asIs, messages[0] ?? new Uint8Array(), options, resolve);
        break;
      case 'client_streaming':
        send(client.makeClientStreamRequest(path, asIs, asIs, options, resolve), messages);
        break;
      case 'server_streaming':
        // Some never end by themselves.
        read(client.makeServerStreamRequest(path, asIs, asIs, messages[0] ?? new Uint8Array(), options), 1, resolve);
        break;
      case 'bidi_streaming': {
        const call = client.makeBidiStreamRequest(path, asIs, asIs, options);
        read(call, Number.POSITIVE_INFINITY, resolve);
        send(call, messages);
      }
    }
  });
  return { code: status[error?.code ?? status.OK], details: error?.details ?? '' };
}

interface Sending {
  on(event: 'error', listener: () => void): unknown;
  write(message: Uint8Array): unknown;
  end(): unknown;
}

function send(call: Sending, messages: readonly Uint8Array[]): void {
  call.on('error', () => {});
  for (const message of messages) call.write(message);
  call.end();
}

interface Reading {
  on(event: 'data' | 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: ServiceError) => void): unknown;
  cancel(): void;
}

function read(call: Reading, enough: number, settle: (error: ServiceError | null) => void): void {
  let received = 0;
  call.on('error', settle);
  call.on('end', () => settle(null));
  call.on('data', () => {
    received += 1;
    if (received < enough) return;
    settle(null);
    call.cancel();
  });
}
