import { type ClientWritableStream, Metadata, type ServiceError } from '@grpc/grpc-js';
import { CHUNK_BYTES } from './encode-chunks.js';
import { ResmaskError } from './resmask-error.js';
import { writeMessage } from './writing.js';

/** Told after every chunk: bytes handed to the connection so far. */
export type Progress = (sentBytes: number) => void;

type UploadMethod<Request, Response> = (
  metadata: Metadata,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientWritableStream<Request>;

/**
 * Sends a start message and then bytes as chunks, as fast as the service reads.
 * @throws ResmaskError, also when the service answers before everything is sent.
 */
export function upload<Request, Response>(
  client: unknown,
  method: UploadMethod<Request, Response>,
  start: Request,
  bytes: AsyncIterable<Uint8Array>,
  toRequest: (chunk: Buffer) => Request,
  progress: Progress = () => {},
): Promise<Response> {
  async function* requests(): AsyncGenerator<Request> {
    yield start;
    let sent = 0;
    for await (const chunk of chunksOf(bytes)) {
      yield toRequest(chunk);
      sent += chunk.length;
      progress(sent);
    }
  }
  return sendAll((callback) => method.call(client, new Metadata(), callback), requests());
}

/**
 * Sends messages as fast as the service reads.
 * @throws ResmaskError, also when the service answers before everything is sent.
 */
export async function sendAll<Request, Response>(
  open: (callback: (error: ServiceError | null, response?: Response) => void) => ClientWritableStream<Request>,
  requests: AsyncIterable<Request>,
): Promise<Response> {
  let answered = false;
  let call!: ClientWritableStream<Request>;
  const answer = new Promise<Response>((resolve, reject) => {
    call = open((error, response) => {
      answered = true;
      if (error) reject(ResmaskError.from(error));
      // Without an error there is always an answer.
      else resolve(response as Response);
    });
  });
  call.on('error', () => {});
  const settled = answer.catch(() => {});
  for await (const request of requests) {
    if (answered) break;
    await Promise.race([writeMessage(call, request), settled]);
  }
  call.end();
  return answer;
}

async function* chunksOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const piece of bytes) {
    for (let start = 0; start < piece.length; start += CHUNK_BYTES) {
      const part = piece.subarray(start, start + CHUNK_BYTES);
      yield Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    }
  }
}
