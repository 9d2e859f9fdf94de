export {
  type ApiToken,
  formatApiToken,
  generateApiToken,
  hashSecret,
  parseApiToken,
} from './auth/api-token.js';
export { authorize } from './auth/authorize.js';
export { CachedTokenSource, TOKEN_CACHE_MS } from './auth/cached-token-source.js';
export { currentPrincipal, principalOf } from './auth/current-principal.js';
export { MemoryTokenSource } from './auth/memory-token-source.js';
export { ALL_NAMESPACES, ANONYMOUS, type Principal, permits, type RoleTable } from './auth/principal.js';
export { ROLES, type Role } from './auth/role.js';
export { roleTableSchema } from './auth/role-table-schema.js';
export type { AnyServicePolicy, PolicyRow, Rule, ServicePolicy } from './auth/service-policy.js';
export type { StoredToken, TokenSource } from './auth/token-source.js';
export { CallErrors } from './call-errors.js';
export { Drain } from './drain.js';
export { engineSettings } from './engine-settings.js';
export { Health, type HealthStatus, LIVENESS } from './health.js';
export { createLogger, type Logger } from './logger.js';
export type { BoundCounter } from './metrics/bound-counter.js';
export type { BoundHistogram } from './metrics/bound-histogram.js';
export { DURATION_BUCKETS } from './metrics/duration-buckets.js';
export type { GaugePoint, Metric, MetricSet } from './metrics/metric-set.js';
export {
  cutPage,
  nextPageToken,
  type Page,
  type PageLimits,
  type PageRequest,
  pageTokenInvalid,
  readNumberedPage,
  readPage,
} from './page.js';
export { Readiness } from './readiness.js';
export { registryConnection } from './registry-connection/registry-connection.js';
export { type ListeningMessage, runService } from './run-service.js';
export { ServiceLog } from './service-log.js';
export { serviceSettings } from './service-settings.js';
export {
  addressSetting,
  choiceSetting,
  databaseSettings,
  integerSetting,
  listSetting,
  optionalSetting,
  textSetting,
} from './setting-kinds.js';
export { type Config, readConfig, type Setting, type Settings } from './settings.js';
export { type RunningService, type ServiceParts, startService } from './start-service.js';
export { ERROR_DOMAIN, toStatus } from './status-details.js';
export { messagesOf, Streams, writeMessage } from './streams.js';
export type { Telemetry } from './telemetry.js';
export { fromTimestamp, toTimestamp } from './timestamps.js';
