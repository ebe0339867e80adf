import type { Replica, Side } from '../../../analysis/source/counts.ts';
import { readRequestCounters } from '../../request-counters.ts';

/** Whose requests a service of Traefik counts; undefined if they are neither stable's nor the canary's. */
export type SideOf = (service: string) => Side | undefined;

const NAMES = {
  requests: 'traefik_service_requests_total',
  status: 'code',
  duration: 'traefik_service_request_duration_seconds_bucket',
};

/** The prefix of the counters that Traefik has if its metrics are on. */
export const OWN_COUNTERS = 'traefik_';

/**
 * The counters of one pod of Traefik, from its metrics page. A service is a group of its own, because Traefik forgets its counters when its
 * routes do not name it any more, and begins at 0 when it comes back.
 */
export function readTraefik(page: string, sideOf: SideOf): Replica {
  return readRequestCounters(page, NAMES, (labels) => {
    const group = labels.get('service') ?? '';
    const side = sideOf(group);
    return side && { side, group };
  });
}
