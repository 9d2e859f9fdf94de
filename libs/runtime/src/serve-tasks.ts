import { parentPort, type Transferable } from 'node:worker_threads';
import { type TaskMessage, type TaskReply, toFailure } from './task-messages.js';

/** What a handler gives back: the answer, and the buffers in it that move to the pool's thread instead of being copied. */
export interface TaskResult<Response> {
  readonly response: Response;
  readonly transfer?: readonly Transferable[];
}

/** Answers a pool's tasks in this worker thread, one at a time. @throws TypeError on the main thread. */
export function serveTasks<Request, Response>(handle: (request: Request) => Promise<TaskResult<Response>>): void {
  const port = parentPort;
  if (!port) throw new TypeError('tasks are served in worker threads');
  port.on('message', async ({ id, request }: TaskMessage<Request>) => {
    try {
      const { response, transfer = [] } = await handle(request);
      const reply: TaskReply<Response> = { id, response };
      port.postMessage(reply, [...transfer]);
    } catch (error) {
      const reply: TaskReply<Response> = { id, failure: toFailure(error) };
      port.postMessage(reply);
    }
  });
}
