import { cpuLimit, memoryLimit, PROVIDERS } from '@resmask/runtime';
import { engineSettings, integerSetting, serviceSettings, textSetting } from '@resmask/service-kit';

/** What the inference service reads from its environment. */
export const inferenceSettings = {
  ...serviceSettings('127.0.0.1:50051'),
  ...engineSettings({ providers: PROVIDERS, cpus: cpuLimit(), memoryBytes: memoryLimit() }),
  model: textSetting('RESMASK_MODEL', 'classifier of calls that name none', 'a model reference', 'resmasking-compact'),
  detector: textSetting(
    'RESMASK_DETECTOR',
    'face detector of calls that name none',
    'a model reference',
    'tiny-face-detector',
  ),
  maxModels: integerSetting('RESMASK_MAX_MODELS', 'versions that may be loaded at once', {
    min: 2,
    max: 1000,
    default: 64,
  }),
  maxWaiting: integerSetting('RESMASK_MAX_WAITING', 'frames of all streams and calls that may wait for their turn', {
    min: 1,
    max: 1_000_000,
    default: 1024,
  }),
  maxStreams: integerSetting('RESMASK_MAX_STREAMS', 'streams that may be open at once', {
    min: 1,
    max: 100_000,
    default: 2000,
  }),
  maxStreamsPerClient: integerSetting(
    'RESMASK_MAX_STREAMS_PER_CLIENT',
    'streams that one principal, or without authentication one address, may have open',
    { min: 1, max: 100_000, default: 1000 },
  ),
  maxFramesPerSecond: integerSetting(
    'RESMASK_MAX_FRAMES_PER_SECOND',
    'frames a second of one stream; more are dropped (LATEST) or read later (LOSSLESS); 0 for no limit',
    { min: 0, max: 100_000, default: 0 },
  ),
  maxStreamAgeMs: integerSetting(
    'RESMASK_MAX_STREAM_AGE_MS',
    'a stream is asked to move on after about this time, so that new replicas get some; 0 for never',
    { min: 0, max: 604_800_000, default: 0 },
  ),
  idleTimeoutMs: integerSetting(
    'RESMASK_STREAM_IDLE_TIMEOUT_MS',
    'a stream without a frame for this long is ended; 0 for never',
    { min: 0, max: 604_800_000, default: 300_000 },
  ),
  maxFramePixels: integerSetting('RESMASK_MAX_FRAME_PIXELS', 'width × height of the largest image', {
    min: 4096,
    max: 268_435_456,
    default: 25_000_000,
  }),
  shrinkSide: integerSetting(
    'RESMASK_SHRINK_SIDE',
    'JPEGs whose longer side is at least twice this are decoded at a half, a quarter or an eighth, as small as this allows',
    { min: 256, max: 1_000_000, default: 1280 },
  ),
  minFrameSide: integerSetting('RESMASK_MIN_FRAME_SIDE', 'smallest width and height of an image', {
    min: 1,
    max: 4096,
    default: 16,
  }),
  openInferenceMaxBatch: integerSetting(
    'RESMASK_OPEN_INFERENCE_MAX_BATCH',
    'most rows of a request of the Open Inference Protocol',
    { min: 1, max: 4096, default: 32 },
  ),
  openInferenceMaxQueued: integerSetting(
    'RESMASK_OPEN_INFERENCE_MAX_QUEUED',
    'requests of the Open Inference Protocol that may wait for one model',
    { min: 1, max: 1_000_000, default: 1024 },
  ),
};
