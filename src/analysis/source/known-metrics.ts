import type { StatusClass } from './counts.ts';

export const SECONDS = 1000;
const MILLISECONDS = 1;

/**
 * The usual request counters, of which the first that exists is used: Prometheus' own naming, client
 * libraries' middlewares, Micrometer (Spring Boot), OpenTelemetry's semantic conventions (new and old),
 * ASP.NET, Flask, Django, and gRPC's. promhttp_metric_handler_requests_total is missing on purpose, because
 * it counts the scrapes.
 */
export const KNOWN_COUNTERS: readonly string[] = [
  'http_server_requests_seconds_count',
  'http_server_request_duration_seconds_count',
  'http_requests_total',
  'http_request_duration_seconds_count',
  'http_server_requests_total',
  'http_request_total',
  'http_requests_received_total',
  'http_server_duration_milliseconds_count',
  'http_request_duration_milliseconds_count',
  'http_request_duration_ms_count',
  'flask_http_request_total',
  'django_http_responses_total_by_status_total',
  'requests_total',
  'grpc_server_handled_total',
];

export const KNOWN_BUCKETS: readonly (readonly [name: string, msPerUnit: number])[] = [
  ['http_server_requests_seconds_bucket', SECONDS],
  ['http_server_request_duration_seconds_bucket', SECONDS],
  ['http_request_duration_seconds_bucket', SECONDS],
  ['http_server_duration_milliseconds_bucket', MILLISECONDS],
  ['http_request_duration_milliseconds_bucket', MILLISECONDS],
  ['http_request_duration_ms_bucket', MILLISECONDS],
  ['flask_http_request_duration_seconds_bucket', SECONDS],
  ['grpc_server_handling_seconds_bucket', SECONDS],
];

/**
 * The usual labels for the result of a request. The more exact ones come first, because Micrometer has both
 * `status` and `outcome`.
 */
export const KNOWN_LABELS: readonly string[] = [
  'status',
  'code',
  'status_code',
  'http_status',
  'http_status_code',
  'http_response_status_code',
  'response_code',
  'grpc_code',
  'outcome',
  'result',
];

/** Labels for the path of a request, in the libraries above. */
export const PATH_LABELS: readonly string[] = [
  'path',
  'uri',
  'route',
  'http_route',
  'handler',
  'endpoint',
  'url',
  'view',
];

/** Words for the result of a request (Micrometer's `outcome`, and plain ones). */
export const WORDS: ReadonlyMap<string, StatusClass> = new Map([
  ['informational', '1xx'],
  ['success', '2xx'],
  ['ok', '2xx'],
  ['redirection', '3xx'],
  ['client_error', '4xx'],
  ['server_error', '5xx'],
]);

/**
 * gRPC codes that are the server's fault (OpenTelemetry, semantic conventions for gRPC spans), and plain
 * words for it.
 */
export const FAILURES: ReadonlySet<string> = new Set([
  'server_error',
  'error',
  'failure',
  'failed',
  'exception',
  'unknown',
  'deadlineexceeded',
  'deadline_exceeded',
  'unimplemented',
  'internal',
  'unavailable',
  'dataloss',
  'data_loss',
]);
