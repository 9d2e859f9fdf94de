export {
  type Dataset,
  DatasetFormat,
  type Prediction,
  type Run,
  RunState,
  Split,
} from '@resmask/contracts/evaluation.v1alpha1';
export {
  type AttentionMask,
  DeliveryMode,
  DropReason,
  type ExplainResponse,
  type Explanation,
  ExplanationMethod,
  type ExplanationOptions,
  type Face,
  type Frame,
  type FrameResult,
  type FrameTimings,
  type HeatMap,
  type Image,
  PixelFormat,
  type RecognizeRequest,
  type RecognizeResponse,
  type Region,
  type ServedModel,
  ServedModel_State,
  type Smoothing,
  type StreamAccepted,
  type StreamConfig,
  type StreamHint,
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
export { InferenceClient, type StreamOptions } from './inference-client.js';
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
export {
  type DroppedFrame,
  type FrameAnswer,
  type FrameReply,
  isFrameReply,
  type LocalDrop,
} from './stream/frame-answer.js';
export type { EncodeImage, FrameInput, ImageWish } from './stream/frame-input.js';
export type { StreamControls } from './stream/stream-controls.js';
export type { Progress } from './upload.js';
export type { UploadFileOptions, UploadSource } from './upload-file.js';
export type { WatchEventsOptions } from './watch-events.js';
