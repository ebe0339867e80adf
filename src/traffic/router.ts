import type { KubeObject } from '../cluster/resource.ts';
import type { Write } from '../cluster/write.ts';

/** A Service of the workload, and the one that sends to its canary. */
export interface ServicePair {
  stable: string;
  canary: string;
}

/** A route of the users (an Ingress, an HTTPRoute), and the object that splits it; one name where a router splits in place. */
export interface RoutePair {
  stable: string;
  canary: string;
}

/** Whom the canary is given whatever the weight says: testers, checks. */
export interface Steer {
  /** A request header, and the value that it must have; without one `always` and `never` decide. */
  header?: { name: string; value?: string };
  /** A cookie; its values `always` and `never` decide. */
  cookie?: string;
}

/** What is split: the same for every router. */
export interface TrafficSplit {
  workload: string;
  services: readonly ServicePair[];
  routes: readonly RoutePair[];
  steer?: Steer;
}

/** The routes as the cluster has them now. */
export interface Routes {
  stable: readonly KubeObject[];
  canary: readonly KubeObject[];
}

/**
 * A way of splitting traffic. Pure: from the routes as they are to the writes that are missing, in the order in which they are to be
 * made; none when the routes are as wanted. The next router is one more file with these functions.
 */
export interface Router {
  readonly name: string;
  /** The largest weight that any of the routes carries, in percent: what users may meet. 0 where there is no canary route. */
  weight(routes: Routes): number;
  /** Creates missing routes at weight 0, or sets the weight of those that differ. */
  toward(split: TrafficSplit, routes: Routes, weight: number): Write[];
  /** Sets the weight of what exists, and ends all steering at weight 0; creates nothing. For the way down. */
  lower(routes: Routes, weight: number): Write[];
  /** Removes what `toward` made. */
  remove(routes: Routes): Write[];
}
