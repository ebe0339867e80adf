import { PromoteError } from '../../errors.ts';
import type { Side } from './counts.ts';

/** The variables of a query. Names are Kubernetes names; patterns are RE2, which Prometheus anchors. */
export interface QueryVariables {
  readonly namespace: string;
  /** The Deployment that is measured: the canary's, or stable's. */
  readonly workload: string;
  /** The pods of that Deployment. */
  readonly pods: string;
  readonly canary_pods: string;
  readonly stable_pods: string;
  /** The Service that is measured. */
  readonly service: string;
  /** The main Ingress, or the HTTPRoute. */
  readonly ingress: string;
  /** The time range of a query, in PromQL's form: `30s`, `1m`. */
  readonly window: string;
}

/** The router or mesh whose metrics a built-in query reads. */
export type MetricsDialect = 'nginx' | 'istio' | 'envoy-gateway' | 'traefik' | 'linkerd';

/** What a built-in query measures. */
export interface BuiltIn {
  readonly router: MetricsDialect;
  readonly side: Side;
}

interface Selectors {
  /** Alternatives, of which only one has series, because metrics are labelled in several ways. */
  readonly all: readonly string[];
  readonly failed: readonly string[];
  readonly buckets: readonly string[];
  /** The unit of the histogram. */
  readonly msPerUnit: number;
}

/**
 * The share of requests that did not fail, in percent. Without requests it has no value, or NaN. It subtracts
 * failures from the total instead of counting successes, because if everything fails there is no series of
 * successes, which would look like no traffic.
 */
export function successRate({ router, side }: BuiltIn, variables: QueryVariables): string {
  const { all, failed } = SELECTORS[router](side, variables);
  const whole = rate(all, variables.window);
  return `100 * (${whole} - (${rate(failed, variables.window)} or vector(0))) / ${whole}`;
}

/** The query for a quantile of the request time, in milliseconds. @param q between 0 and 1 */
export function latencyQuantile({ router, side }: BuiltIn, variables: QueryVariables, q: number): string {
  if (!(q > 0 && q < 1)) throw new PromoteError('check', `A latency quantile is between 0 and 1, not ${q}.`);
  const { buckets, msPerUnit } = SELECTORS[router](side, variables);
  const quantile = `histogram_quantile(${q}, ${rate(buckets, variables.window, ' by (le)')})`;
  return msPerUnit === 1 ? quantile : `${msPerUnit} * ${quantile}`;
}

/**
 * A user's query with its variables, `{{ name }}`, filled in. Values are escaped for a PromQL string in
 * double quotes, which does not change names and durations.
 *
 * @throws PromoteError `check` if it names an unknown variable
 */
export function fillIn(query: string, variables: QueryVariables): string {
  return query.replace(/\{\{([^{}]*)\}\}/g, (_, between: string) => {
    const name = between.trim();
    const value = Object.hasOwn(variables, name) ? variables[name as keyof QueryVariables] : undefined;
    if (value === undefined) {
      throw new PromoteError('check', `A query uses the unknown variable \`${name}\`.`, {
        hint: `Known variables: ${Object.keys(variables).join(', ')}.`,
      });
    }
    return escapeString(value);
  });
}

/** The characters of the ReplicaSet's hash and of a random ending (k8s.io/apimachinery, util/rand). */
const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]';

/**
 * A pattern for the names of a Deployment's pods: NAME, the ReplicaSet's hash, five characters. It needs no
 * escapes. The pods of a Job or a StatefulSet whose name begins with NAME do not match. What is before the
 * five characters is cut to 58.
 *
 * @param hash the pattern of the ReplicaSet's hash, or the hash
 */
export function podPattern(deployment: string, hash = `${RANDOM}+`): string {
  const base = `${deployment}-`;
  if (base.length >= 58) return `${escapeRegex(base.slice(0, 58))}${RANDOM}{5}`;
  if (base.length > 47) return `${escapeRegex(base)}(${RANDOM}+-?)${RANDOM}{5}`;
  return `${escapeRegex(base)}${hash}-${RANDOM}{5}`;
}

/** For within double quotes (prometheus/docs, "String literals"; they are Go's). */
export function escapeString(value: string): string {
  return value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

/**
 * A literal within an RE2 pattern. A dot is put into a character class, because a backslash would have to be
 * doubled in a string.
 */
export function escapeRegex(value: string): string {
  return value.replace(/[.*+?()|{}$[\]\\^]/g, (char) => ('[]\\^'.includes(char) ? `\\${char}` : `[${char}]`));
}

/** How each router's metrics tell the two sides apart. */
const SELECTORS: Readonly<
  Record<MetricsDialect, (side: BuiltIn['side'], variables: QueryVariables) => Selectors>
> = {
  /**
   * Label `canary` (see traffic/nginx/counters.ts). If Prometheus does not honour the controller's labels,
   * `namespace` is the controller's own and `exported_namespace` that of the Ingress.
   */
  nginx(side, { namespace, ingress, service }) {
    const canary =
      side === 'stable'
        ? 'canary=""'
        : match('canary', '=~', `${escapeRegex(`${namespace}-${service}-`)}[a-z0-9-]+`);
    // a scrape that sets the target's `service` renames that of the Ingress to `exported_service`; a scrape
    // by pod does not
    const stableServices =
      side === 'stable'
        ? [
            `, ${match('exported_service', '=', service)}`,
            `, ${match('service', '=', service)}, exported_service=""`,
          ]
        : [''];
    const each = (name: string, more = '') =>
      stableServices.flatMap((stable) => [
        `${name}{${match('namespace', '=', namespace)}, exported_namespace="", ${match('ingress', '=', ingress)}${stable}, ${canary}${more}}`,
        `${name}{${match('exported_namespace', '=', namespace)}, ${match('ingress', '=', ingress)}${stable}, ${canary}${more}}`,
      ]);
    return {
      all: each('nginx_ingress_controller_requests'),
      failed: each('nginx_ingress_controller_requests', ', status=~"5.*"'),
      buckets: each('nginx_ingress_controller_request_duration_seconds_bucket'),
      msPerUnit: 1000,
    };
  },

  /**
   * Standard metrics, as the destination's sidecar reports them (istio.io, "Istio Standard Metrics"). Code 0:
   * the connection was cut before an answer.
   */
  istio(_, { namespace, workload }) {
    const of = `reporter="destination", ${match('destination_workload_namespace', '=', namespace)}, ${match('destination_workload', '=', workload)}`;
    return {
      all: [`istio_requests_total{${of}}`],
      failed: [`istio_requests_total{${of}, response_code=~"5.*|0"}`],
      buckets: [`istio_request_duration_milliseconds_bucket{${of}}`],
      msPerUnit: 1,
    };
  },

  /**
   * Envoy Gateway has one cluster for a rule with both backends, unless a backendRef has a filter. Then it
   * has one cluster for each backend, by its index (envoyproxy/gateway, issues 6742 and 7008). Stable is the
   * first backendRef, the canary the second. Without a filter these queries have no value.
   */
  'envoy-gateway'(side, { namespace, ingress }) {
    const route = escapeRegex(`httproute/${namespace}/${ingress}`);
    const of = match('envoy_cluster_name', '=~', `${route}/rule/[0-9]+/backend/${side === 'stable' ? 0 : 1}`);
    return {
      all: [`envoy_cluster_upstream_rq_xx{${of}}`],
      failed: [`envoy_cluster_upstream_rq_xx{${of}, envoy_response_code_class="5"}`],
      buckets: [`envoy_cluster_upstream_rq_time_bucket{${of}}`],
      msPerUnit: 1,
    };
  },

  /**
   * Services are NAMESPACE-SERVICE-PORT@PROVIDER, for Ingress, IngressRoute and HTTPRoute, with different
   * text before the port. A port name with a dash does not match, so that the Service `web` does not match
   * `web-canary`.
   */
  traefik(_, { namespace, service }) {
    const name = escapeRegex(`${namespace}-${service}`);
    const of = match('service', '=~', `${name}-(http-)?[a-z0-9]+@kubernetes[a-z]*`);
    return {
      all: [`traefik_service_requests_total{${of}}`],
      failed: [`traefik_service_requests_total{${of}, code=~"5.*"}`],
      buckets: [`traefik_service_request_duration_seconds_bucket{${of}}`],
      msPerUnit: 1000,
    };
  },

  /**
   * The counts of the destination's proxy (linkerd.io, "Proxy Metrics"), which classifies 5xx and failed gRPC
   * as failure.
   */
  linkerd(_, { namespace, workload }) {
    const of = `${match('namespace', '=', namespace)}, ${match('deployment', '=', workload)}, direction="inbound"`;
    return {
      all: [`response_total{${of}}`],
      failed: [`response_total{${of}, classification="failure"}`],
      buckets: [`response_latency_ms_bucket{${of}}`],
      msPerUnit: 1,
    };
  },
};

function match(label: string, operator: '=' | '=~', value: string): string {
  return `${label}${operator}"${escapeString(value)}"`;
}

function rate(selectors: readonly string[], window: string, by = ''): string {
  return `sum${by} (${selectors.map((selector) => `rate(${selector}[${window}])`).join(' or ')})`;
}
