import { PromoteError } from '../errors.ts';
import { nginx } from './nginx/router.ts';
import type { TrafficRouter } from './router.ts';

/** The routers that there are, by name; `traffic: auto` asks them in this order. */
export type Routers = Readonly<Record<string, TrafficRouter>>;

/** All routers. A new one is one folder beside this file and one line here. */
export const ROUTERS: Routers = { nginx };

/** The router of a record that has none: records of before there was more than one. */
const FIRST = 'nginx';

/** The routers that a promotion may split by. @param traffic the setting: `auto`, or the name of one */
export function candidateRouters(traffic: string, routers: Routers): TrafficRouter[] {
  return traffic === 'auto' ? Object.values(routers) : [routerOf(traffic, routers)];
}

/**
 * The one router that there is; undefined if there are several, so that a plan or a record has to say which.
 */
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
      `The promotion splits users by the router "${name}", which this version does not know.`,
      {
        hint: 'A newer drone-promote began it: use that version, or let that promotion end first.',
      },
    );
  }
  return router;
}
