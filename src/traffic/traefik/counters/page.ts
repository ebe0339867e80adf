import type { Replica, Side } from '../../../analysis/source/counts.ts';
import type { Sample } from '../../../analysis/source/exposition.ts';
import { isGrpcFailure, statusClassOf } from '../../../analysis/source/labels.ts';
import { type CounterNames, readRequestCounters } from '../../request-counters.ts';

/** Whose requests a service of Traefik counts; undefined if they are neither stable's nor the canary's. */
export type SideOf = (service: string) => Side | undefined;

/** The counters of one pod of Traefik. */
export interface TraefikPage {
  readonly replica: Replica;
  /**
   * What stable answered to gRPC: `told` if an answer counts as OK, so that the others are told from it; `untold` if none does;
   * undefined if it answered no gRPC.
   */
  readonly grpc: 'told' | 'untold' | undefined;
}

const NAMES: CounterNames = {
  requests: 'traefik_service_requests_total',
  status: 'code',
  duration: 'traefik_service_request_duration_seconds_bucket',
  isFailure: (labels) => {
    const code = labels.get('code') ?? '';
    return isGrpc(labels) ? isGrpcFailure(code) : statusClassOf(code) === '5xx';
  },
};
const GRPC_OK = '0';

/** The prefix of the counters that Traefik has if its metrics are on. */
export const OWN_COUNTERS = 'traefik_';

/**
 * Reads the metrics page of one pod of Traefik. A service is a group of its own, because Traefik forgets its counters when its routes do
 * not name it any more, and begins at 0 when it comes back.
 *
 * For gRPC the code is the status of gRPC. Traefik takes it from the trailers, but only from those that the server has announced in a
 * header, which servers of gRPC do not do: each of their answers counts as UNKNOWN (measured with 3.7.15).
 */
export function readTraefik(page: string, sideOf: SideOf): TraefikPage {
  const codes = new Set<string>();
  const replica = readRequestCounters(page, NAMES, (labels) => {
    const group = labels.get('service') ?? '';
    const side = sideOf(group);
    if (side === 'stable' && isGrpc(labels)) codes.add(labels.get('code') ?? '');
    return side && { side, group };
  });
  return { replica, grpc: codes.size === 0 ? undefined : codes.has(GRPC_OK) ? 'told' : 'untold' };
}

function isGrpc(labels: Sample['labels']): boolean {
  return /^grpc/.test(labels.get('protocol') ?? '');
}
