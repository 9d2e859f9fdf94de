export type { ModelSignature, NativeRun, NativeTask, NativeTimings } from './native-messages.js';
export type { NativeSession, NativeSessionOptions } from './native-session.js';
export { type NativeLease, NativeSessions, type NativeSessionsOptions } from './native-sessions.js';
