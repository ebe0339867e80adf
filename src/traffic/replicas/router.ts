import type { Service } from 'kubernetes-types/core/v1';
import { right } from '../../cluster/access.ts';
import { pods } from '../../cluster/resource.ts';
import type { TrafficRouter } from '../router.ts';
import {
  bySelector,
  COPIES_NONE,
  canarySelector,
  isMoved,
  NO_HOST,
  servicesOf,
} from '../selector/by-selector.ts';
import { noteOf, type Selector } from '../selector/note.ts';
import type { TrafficSplit } from '../split.ts';
import { discover } from './discover.ts';

const SWITCHES = bySelector((each, split, objects, weight) => ({
  selector: weight < 100 ? bothOf(each, split) : canarySelector(each, split, objects),
  weight,
}));

/**
 * The pods behind the Service, without any route: its selector takes in the canary's pods, so that their share of the pods is their share
 * of the connections. At 100 % it is the canary's selector, at 0 % the one of before.
 */
export const replicas: TrafficRouter = {
  ...SWITCHES,
  name: 'replicas',
  rightsFor: (use) => (use === 'look' ? right(pods, 'list') : SWITCHES.rightsFor(use)),
  optional: [{ resource: pods, unread: 'pods (others may have the labels of these)' }],
  ability: { weights: 'pods', steer: [] },
  mirror: {
    why: COPIES_NONE,
    instead: '`checks` of the kind `job` try the canary before the first user.',
  },
  preview: NO_HOST,
  movesAll:
    'The Service itself sends to the pods of both versions, so that everybody who comes by the Service is split.',
  caveats: [
    'kube-proxy chooses a pod for each connection and not for each request: a client that keeps one connection (keep-alive, gRPC, a pool) stays on one version, and few clients get another share than many',
    'weight 0 is one write of the Service, and costs no pod. Each node follows by itself, within seconds, and open connections stay on the canary: its pods are kept for 10 s, or for longer by `drain`. An app should end its connections at SIGTERM, or have a preStop',
  ],
  discover,

  weight: (split, objects) =>
    Math.max(
      0,
      ...servicesOf(split, objects).map((each) => (isMoved(each, split) ? (noteOf(each)?.weight ?? 100) : 0)),
    ),

  describe: (route) => `the pods of Service/${route}`,
};

/** The selector that the pods of both versions match. */
function bothOf({ metadata }: Service, { routes }: TrafficSplit): Selector | undefined {
  return routes.find(({ stable }) => stable === metadata?.name)?.both;
}
