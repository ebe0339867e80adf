/** Where spans go, and the trace that the run is a part of. */
export interface Tracing {
  url: string;
  traceparent: string | undefined;
}

/** The receiver of spans, as OpenTelemetry's variables name it; undefined if they name none. */
export function tracingOf(env: Readonly<Record<string, string | undefined>>): Tracing | undefined {
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint) return undefined;
  return { url: `${endpoint.replace(/\/$/, '')}/v1/traces`, traceparent: env.TRACEPARENT };
}
