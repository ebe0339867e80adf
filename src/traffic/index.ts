import { PromoteError } from '../errors.ts';
import { gateway } from './gateway-api/router.ts';
import { istio } from './istio/router.ts';
import { nginx } from './nginx/router.ts';
import { replicas } from './replicas/router.ts';
import type { TrafficRouter } from './router.ts';
import { service } from './service/router.ts';
import { traefik } from './traefik/router.ts';

/** Routers by name. `traffic: auto` asks them in this order. */
export type Routers = Readonly<Record<string, TrafficRouter>>;

/** All routers. To add one, add a folder next to this file and a line here. */
export const ROUTERS: Routers = { nginx, gateway, istio, traefik, service, replicas };

/** The router of a record that names none. Such a record was written before there were several routers. */
const FIRST = 'nginx';

/**
 * The routers that a promotion may use. One that needs no route is among them only if the user names it, or if blue/green asks for what it
 * does (docs/decisions/0037); nothing else needs its rights.
 *
 * @param traffic the setting: `auto`, or the name of one
 */
export function candidateRouters(traffic: string, routers: Routers, strategy: string): TrafficRouter[] {
  if (traffic !== 'auto') return [routerOf(traffic, routers)];
  return Object.values(routers).filter(
    ({ movesAll, ability }) =>
      movesAll === undefined || (strategy === 'bluegreen' && ability.weights === 'all'),
  );
}

/** Those of them that count requests. */
export function countingRouters(traffic: string, routers: Routers): TrafficRouter[] {
  return candidateRouters(traffic, routers, 'canary').filter(
    ({ requestSources }) => requestSources !== undefined,
  );
}

/** The only router; undefined if there are several, so that a plan or a record has to name one. */
export function onlyRouter(routers: readonly TrafficRouter[]): TrafficRouter | undefined {
  return routers.length === 1 ? routers[0] : undefined;
}

/**
 * The router that a plan or a record names.
 *
 * @throws PromoteError `record` if this version does not know it
 */
export function routerOf(name: string = FIRST, routers: Routers = ROUTERS): TrafficRouter {
  const router = routers[name];
  if (!router) {
    throw new PromoteError(
      'record',
      `The promotion uses the router "${name}", which this version does not know.`,
      {
        hint: 'A newer version of drone-promote started it. Use that version, or wait until that promotion has ended.',
      },
    );
  }
  return router;
}
