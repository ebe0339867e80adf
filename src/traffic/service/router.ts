import type { TrafficRouter } from '../router.ts';
import {
  bySelector,
  COPIES_NONE,
  canarySelector,
  isMoved,
  NO_HOST,
  servicesOf,
} from '../selector/by-selector.ts';
import { discover } from './discover.ts';

/** The selector of the Service itself: all users or none, without any route. */
export const service: TrafficRouter = {
  ...bySelector((each, split, objects) => ({ selector: canarySelector(each, split, objects) })),
  name: 'service',
  optional: [],
  ability: { weights: 'all', steer: [] },
  mirror: {
    why: COPIES_NONE,
    instead: 'With `strategy: bluegreen`, `checks` try the full copy before the switch.',
  },
  preview: NO_HOST,
  movesAll: 'The selector of the Service is switched, so that everybody who comes by the Service is moved.',
  caveats: [
    'connections that are open stay on the old pods, also those that clients keep for their next requests: only new connections follow a switch',
    'kube-proxy follows on each node by itself, within seconds: the old pods are kept for 10 s, or for longer by `drain`. An app should end its connections at SIGTERM, or have a preStop',
  ],
  discover,

  weight: (split, objects) => (servicesOf(split, objects).some((each) => isMoved(each, split)) ? 100 : 0),

  describe: (route) => `its own selector (Service/${route})`,
};
