import type { Service } from 'kubernetes-types/core/v1';
import type { ObjectSource } from '../../cluster/object-source.ts';
import type { TrafficRouter } from '../router.ts';
import {
  bySelector,
  canarySelector,
  isForeign,
  isMoved,
  putBack,
  servicesOf,
  updates,
} from '../selector/by-selector.ts';
import { isSameSelector, switched, switchedBack } from '../selector/note.ts';
import type { TrafficSplit } from '../split.ts';
import { discover } from './discover.ts';

/** The selector of the Service itself: all users or none, without any route. */
export const service: TrafficRouter = {
  ...bySelector,
  name: 'service',
  optional: [],
  ability: { weights: 'all', steer: [] },
  mirror: {
    why: 'a Service sends connections to pods, and copies none.',
    instead: 'With `strategy: bluegreen`, `checks` try the full copy before the switch.',
  },
  movesAll: 'The selector of the Service is switched, so that everybody who comes by the Service is moved.',
  caveats: [
    'connections that are open stay on the old pods, also those that clients keep for their next requests: only new connections follow a switch',
    'kube-proxy follows on each node by itself, within seconds: the old pods are kept for 10 s, or for longer by `drain`. An app should end its connections at SIGTERM, or have a preStop',
  ],
  discover,

  weight: (split, objects) => (servicesOf(split, objects).some((each) => isMoved(each, split)) ? 100 : 0),

  setWeight: (split, objects, weight) =>
    weight > 0
      ? updates(servicesOf(split, objects), (each) => toCanary(each, split, objects))
      : putBack(split, objects),

  lowerWeight: (split, objects, weight) => service.setWeight(split, objects, weight),

  describe: (route) => `its own selector (Service/${route})`,
};

/** The Service with the selector of the canary's Service. It stays as it is if there is none, or if another promotion has switched it. */
function toCanary(each: Service, split: TrafficSplit, objects: ObjectSource): Service {
  const selector = canarySelector(each, split, objects);
  if (!selector || isForeign(each, split)) return each;
  if (isMoved(each, split) && isSameSelector(each.spec?.selector, selector)) return each;
  return switched(switchedBack(each), split.workload, selector);
}
