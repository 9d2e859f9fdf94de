export { type CalibrateOptions, calibrate } from './calibrate.js';
export { Engine, type EngineOptions, type Lease } from './engine.js';
export type {
  ClassifyTask,
  ImageInput,
  Recognition,
  RecognizedFace,
  RecognizeTask,
  RegionInput,
} from './engine-messages.js';
export type { LoadableFile, LoadableVersion } from './loadable-version.js';
export { VersionSource } from './version-source.js';
