export { cpuLimit } from './cpu-limit.js';
export { probeModel } from './probe-model.js';
export { PROVIDERS, type Provider, type ProviderChoice } from './provider.js';
export { serveTasks, type TaskResult } from './serve-tasks.js';
export { Session, type SessionOptions, type SessionTensor, selectProvider } from './session.js';
export type { SessionResponse } from './session-messages.js';
export { SessionThread } from './session-thread.js';
export { type TaskOptions, WorkerPool, type WorkerPoolOptions } from './worker-pool.js';
