import type { RouterTiming } from '../router.ts';
import type { Route } from './routes.ts';

/**
 * The longest time from a write until requests follow it, by the controller that serves the route. They
 * are above what was measured at worst: 82 ms with Envoy Gateway 1.9, 0.13 s with Istio, and 2.23 s with Traefik 3.7
 * while changes follow each other.
 */
const FOLLOWS_WITHIN_MS: Readonly<Record<string, number>> = {
  'gateway.envoyproxy.io/gatewayclass-controller': 500,
  'istio.io/gateway-controller': 1_000,
  'traefik.io/gateway-controller': 3_000,
};
/** For a controller that was not measured: as long as the slowest one that was. */
const UNKNOWN_MS = 3_000;
const CONFIRMS_WITHIN_MS = 15_000;

/** The time of the slowest controller that reports on one of the routes. */
export function timingOf(routes: readonly Route[]): RouterTiming {
  const controllers = new Set(
    routes.flatMap(({ status }) => (status?.parents ?? []).map(({ controllerName = '' }) => controllerName)),
  );
  const times = [...controllers].map((name) => FOLLOWS_WITHIN_MS[name] ?? UNKNOWN_MS);
  const followsWithinMs = times.length === 0 ? UNKNOWN_MS : Math.max(...times);
  // the same controllers follow pods and routes by the same way
  return { followsWithinMs, confirmsWithinMs: CONFIRMS_WITHIN_MS, followsPodsWithinMs: followsWithinMs };
}
