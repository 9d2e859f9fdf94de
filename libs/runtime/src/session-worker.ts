import { workerData } from 'node:worker_threads';
import { serveTasks } from './serve-tasks.js';
import { Session, type SessionOptions } from './session.js';
import type { SessionRequest, SessionResponse } from './session-messages.js';

const { model, options } = workerData as { model: Uint8Array | string; options: SessionOptions };
let session: Session | undefined;

serveTasks<SessionRequest, SessionResponse>(async (request) => {
  session ??= await Session.open(model, options);
  if (request.kind === 'open') return { response: { tensors: [], milliseconds: 0 } };
  const start = performance.now();
  const tensors = await session.run(request.feeds, request.outputs);
  return { response: { tensors, milliseconds: performance.now() - start } };
});
