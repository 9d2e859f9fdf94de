export { CallErrors } from './call-errors.js';
export { Drain } from './drain.js';
export { engineSettings } from './engine-settings.js';
export { createLogger, type Logger } from './logger.js';
export { nextPageToken, type Page, type PageLimits, type PageRequest, readNumberedPage, readPage } from './page.js';
export { Readiness } from './readiness.js';
export { type ListeningMessage, runService } from './run-service.js';
export { ServiceLog } from './service-log.js';
export { serviceSettings } from './service-settings.js';
export {
  addressSetting,
  choiceSetting,
  databaseSettings,
  integerSetting,
  textSetting,
} from './setting-kinds.js';
export { type Config, readConfig, type Setting, type Settings } from './settings.js';
export { LIVENESS, type RunningService, type ServiceParts, startService } from './start-service.js';
export { ERROR_DOMAIN, toStatus } from './status-details.js';
export { messagesOf, Streams, writeMessage } from './streams.js';
export { fromTimestamp, toTimestamp } from './timestamps.js';
