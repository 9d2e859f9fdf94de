import { authSettings } from './auth/auth-settings.js';
import { addressSetting, choiceSetting, integerSetting, switchedAddressSetting } from './setting-kinds.js';
import { tlsSettings } from './tls/tls-settings.js';

/** The settings every service has; `listen` is where it serves by default. */
export function serviceSettings(listen: string) {
  return {
    listen: addressSetting(
      'RESMASK_LISTEN',
      'where the service listens; 0.0.0.0 for every interface, port 0 for a free one',
      listen,
    ),
    logLevel: choiceSetting(
      'RESMASK_LOG_LEVEL',
      'least severe log entries written',
      ['debug', 'info', 'warn', 'error'],
      'info',
    ),
    maxMessageBytes: integerSetting(
      'RESMASK_MAX_MESSAGE_BYTES',
      'largest message a client may send; a larger one ends its call',
      {
        min: 65_536,
        max: 268_435_456,
        default: 8_388_608,
      },
    ),
    maxStreamsPerConnection: integerSetting(
      'RESMASK_MAX_STREAMS_PER_CONNECTION',
      'calls one connection may have open',
      {
        min: 1,
        max: 100_000,
        default: 1000,
      },
    ),
    metricsListen: switchedAddressSetting(
      'RESMASK_METRICS_LISTEN',
      'where Prometheus reads metrics, at /metrics, without authentication; port 0 for a free one',
    ),
    drainDelayMs: integerSetting(
      'RESMASK_DRAIN_DELAY_MS',
      'wait after NOT_SERVING before draining, so that load balancers notice',
      {
        min: 0,
        max: 120_000,
        default: 0,
      },
    ),
    drainTimeoutMs: integerSetting('RESMASK_DRAIN_TIMEOUT_MS', 'longest wait for open calls when stopping', {
      min: 0,
      max: 600_000,
      default: 10_000,
    }),
    ...authSettings(),
    ...tlsSettings(),
  };
}
