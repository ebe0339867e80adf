import { type Counter, type Replica, replicaOf, type Side } from '../../../analysis/source/counts.ts';
import { readSamples } from '../../../analysis/source/exposition.ts';
import { boundMs, statusClassOf } from '../../../analysis/source/labels.ts';

/** Whose requests a service of Traefik counts; undefined if they are neither stable's nor the canary's. */
export type SideOf = (service: string) => Side | undefined;

const REQUESTS = 'traefik_service_requests_total';
const DURATION = 'traefik_service_request_duration_seconds_bucket';
const STARTED = 'process_start_time_seconds';

/** The prefix of the counters that Traefik has if its metrics are on. */
export const OWN_COUNTERS = 'traefik_';

/**
 * The counters of one pod of Traefik, from its metrics page. A service is a group of its own, because Traefik forgets its counters when its
 * routes do not name it any more, and begins at 0 when it comes back.
 */
export function readTraefik(page: string, sideOf: SideOf): Replica {
  const counters: Counter[] = [];
  let startedAt: number | undefined;
  for (const { name, labels, value } of readSamples(page, [REQUESTS, DURATION, STARTED])) {
    if (name === STARTED) {
      startedAt = value;
      continue;
    }
    const group = labels.get('service') ?? '';
    const side = sideOf(group);
    if (!side) continue;
    if (name === REQUESTS) {
      const statusClass = statusClassOf(labels.get('code') ?? '');
      counters.push({ side, group, statusClass, isFailure: statusClass === '5xx', value });
    } else {
      const upToMs = boundMs(labels.get('le'), 1000);
      if (upToMs !== undefined) counters.push({ side, group, upToMs, value });
    }
  }
  return replicaOf(counters, startedAt);
}
