export {
  type Dataset,
  DatasetFormat,
  type Prediction,
  type Run,
  RunState,
  Split,
} from '@resmask/contracts/evaluation.v1alpha1';
export {
  DeliveryMode,
  type Face,
  type Frame,
  type FrameResult,
  type Image,
  PixelFormat,
  type RecognizeResponse,
  type Region,
} from '@resmask/contracts/inference.v1';
export {
  type Alias,
  type Alias_Canary,
  type AliasEvent,
  AliasEvent_Kind,
  type Approval,
  type ComparisonRecord,
  type EvaluationRecord,
  type Event,
  type GatePolicy,
  type GateResult,
  type GateRule,
  type Lineage,
  type Model,
  type ModelVersion,
  State,
  type TagValue,
  Task,
  type Upload,
  Upload_State,
} from '@resmask/contracts/registry.v1';
export type { AliasTraffic } from './alias-traffic.js';
export { channelCredentials } from './channel-credentials.js';
export type { ConnectOptions, TlsOptions, TokenProvider } from './connect-options.js';
export { EvaluationClient, type ImportOptions } from './evaluation-client.js';
export { GateClient } from './gate-client.js';
export { encodedImage, rawImage } from './image.js';
export { type FrameInput, InferenceClient, type StreamOptions } from './inference-client.js';
export { isLoopback } from './is-loopback.js';
export {
  type ChangeOptions,
  type ListOptions,
  type ModelFacts,
  type NewModelVersion,
  RegistryClient,
  type UploadOptions,
} from './registry-client.js';
export { ResmaskError } from './resmask-error.js';
export { type FrameAnswer, type FrameReply, isFrameReply, type ResumeOptions } from './stream-frames.js';
export type { Progress } from './upload.js';
export type { UploadFileOptions, UploadSource } from './upload-file.js';
export type { WatchEventsOptions } from './watch-events.js';
