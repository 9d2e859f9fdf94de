import {
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import type { BoundHistogram } from './bound-histogram.js';
import { DURATION_BUCKETS } from './duration-buckets.js';
import type { Metric, MetricSet } from './metric-set.js';

/** By OpenTelemetry's semantic conventions; its count is the number of calls. */
const CALL_DURATION: Metric = {
  name: 'rpc.server.call.duration',
  description: 'Time from a call’s first byte to its status, by method and code; of a stream, its whole life',
  unit: 's',
};
/** Streams live longer than what happens in them. */
const CALL_BUCKETS = [...DURATION_BUCKETS, 60, 600, 3600];
/** Paths are the clients' to choose; those of no method share a name. */
const NO_METHOD = 'other';

type EndOfCall = (code: number) => void;

/** Measures every call of a server, whoever ends it: handler, authentication, the transport or the client. */
export function callMetrics(
  metrics: MetricSet,
  services: Readonly<Record<string, ServiceDefinition>>,
): ServerInterceptor {
  const methods = new Set(Object.values(services).flatMap((service) => Object.values(service).map(({ path }) => path)));
  const histograms = new Map<string, BoundHistogram>();
  const histogramOf = (method: string, code: number): BoundHistogram => {
    const key = `${method} ${code}`;
    const known = histograms.get(key);
    if (known) return known;
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': method, 'rpc.response.status_code': nameOf(code) };
    const histogram = metrics.histogram(CALL_DURATION, CALL_BUCKETS, attributes);
    histograms.set(key, histogram);
    return histogram;
  };
  return ({ path }, call) => {
    const method = methods.has(path) ? path.slice(1) : NO_METHOD;
    const startedAt = performance.now();
    let ended = false;
    watchEnd(call, (code) => {
      if (ended) return;
      ended = true;
      histogramOf(method, code).record((performance.now() - startedAt) / 1000);
    });
    return call as ServerInterceptingCall;
  };
}

/** The call is watched in place: a call around it would cost every message, and would miss the statuses the transport gives by itself. */
function watchEnd(call: ServerInterceptingCallInterface, onEnd: EndOfCall): void {
  const sendStatus = call.sendStatus.bind(call);
  call.sendStatus = (sent) => {
    onEnd(sent.code ?? status.UNKNOWN);
    sendStatus(sent);
  };
  const start = call.start.bind(call);
  call.start = (listener) => {
    const onCancel = listener.onCancel.bind(listener);
    listener.onCancel = () => {
      onEnd(status.CANCELLED);
      onCancel();
    };
    start(listener);
  };
}

function nameOf(code: number): string {
  return status[code] ?? 'UNKNOWN';
}
