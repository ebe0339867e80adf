import type { RequestSource } from '../analysis/request-source.ts';
import type { Clock } from '../clock.ts';
import type { Cluster, Right } from '../cluster/client.ts';
import type { ObjectSource } from '../cluster/object-source.ts';
import type { KubeObject, Resource } from '../cluster/resource.ts';
import type { Write } from '../cluster/write.ts';
import type { Refusal } from '../errors.ts';

/** A Service of the workload, and the one that sends to its canary. */
export interface ServicePair {
  stable: string;
  canary: string;
}

/**
 * A route of the users (an Ingress, an HTTPRoute), and the object that splits it; one name if the router
 * splits in place.
 */
export interface RoutePair {
  stable: string;
  canary: string;
}

/** Requests that go to the canary whatever the weight is: those of testers and checks. */
export interface Steer {
  /** A request header, and the value that it must have; without a value `always` and `never` decide. */
  header?: { name: string; value?: string };
  /** A cookie; its values `always` and `never` decide. */
  cookie?: string;
}

/** What is split, as the plan has it. */
export interface TrafficSplit {
  namespace: string;
  workload: string;
  services: readonly ServicePair[];
  routes: readonly RoutePair[];
  steer?: Steer;
}

/** What a router is asked to split, before there is a plan. */
export interface SplitTarget {
  workload: string;
  /** Names of the stable Services. */
  services: readonly string[];
}

/** Objects that were read for a plan. */
export interface RouteObjects extends ObjectSource {
  /** Whether the credentials may read the kind; `all` is empty if not. */
  isReadable(resource: Resource<KubeObject>): boolean;
}

/** The routes that lead to the Services, and what is against splitting them. */
export interface Discovery {
  routes: readonly RoutePair[];
  refusals: readonly Refusal[];
  warnings: readonly string[];
}

/** Where a router's controller is. */
export interface ControllerPlace {
  namespace: string;
  /** The ConfigMap of its settings, in that namespace. */
  configMap: string;
}

/** Rights that a router is of more use with; it works without them, and the log says what was not read. */
export interface OptionalRights {
  /** Short, and no other's of the router; part of the name of a Role. */
  name: string;
  /**
   * `plan`: for reads before a promotion. `watch`: for reads while users are on the canary, by a guard too.
   */
  use: 'plan' | 'watch';
  /** What they are for, and what is lost without them; sentences for the reader of a Role. */
  purpose: string;
  rights: readonly Right[];
}

/** What a router can do. */
interface Ability {
  /** `any`: each percent of the users. `all`: everybody or nobody. */
  weights: 'any' | 'all';
  /** How testers can reach the canary at any weight. */
  steer: readonly ('header' | 'cookie')[];
}

/** How long a router takes, in milliseconds. */
interface RouterTiming {
  /**
   * The longest time from a write until requests and counters follow it; a difference before that means
   * nothing.
   */
  followsWithinMs: number;
  /**
   * How long a weight is waited for before it counts as not confirmed, if there are too few requests to tell.
   */
  confirmsWithinMs: number;
}

/** What the sources of a router are read with. */
export interface SourceAccess {
  cluster: Cluster;
  clock: Clock;
  /** The namespace of the router's pods. */
  controllerNamespace: string;
  /** The format of its access log, if the user names it. */
  accessLogFormat: string | undefined;
}

/**
 * A way of splitting users between stable and canary. Everything that only one router knows is behind this
 * interface: a router is one folder of src/traffic and one line in src/traffic/index.ts.
 *
 * All functions but `requestSources` are pure: from the objects as they are to the writes that are missing,
 * in the order in which they must be made. An update is the whole object with its resourceVersion, so that it
 * fails if somebody else has written meanwhile.
 */
export interface TrafficRouter {
  /** As `traffic` and the record name it. */
  readonly name: string;
  /**
   * The kinds that it reads and writes in the namespace: listed for a plan, watched by the loop, copied by a
   * dry run.
   */
  readonly resources: readonly Resource<KubeObject>[];
  /**
   * Kinds that a plan reads too, and does without if the credentials may not read them; with what is not
   * known then.
   */
  readonly optional: readonly { resource: Resource<KubeObject>; unread: string }[];
  /** The rights that it needs on these kinds. */
  rightsFor(use: 'look' | 'promote' | 'guard'): readonly Right[];
  /** The rights to see more: its controller's counters and log, kinds of the whole cluster. */
  optionalRights(controller: ControllerPlace): readonly OptionalRights[];
  readonly ability: Ability;
  readonly timing: RouterTiming;
  /** Why stable needs a ready pod at every weight; undefined if it needs none. */
  readonly needsStablePods?: string;
  /**
   * Whether the router fails if a Service goes before its controller follows the API server again (see
   * engines/native/outage.ts).
   */
  readonly delaysServiceDeletion: boolean;

  /** The names of the Services that its routes send to. */
  backends(objects: ObjectSource): ReadonlySet<string>;
  /** The routes of the users that send to the Services, or why they cannot be split. */
  discover(target: SplitTarget, objects: RouteObjects): Discovery;
  /**
   * The largest share of the users that any of the routes gives to the canary, in percent; 0 without an entry
   * of the canary.
   */
  weight(split: TrafficSplit, objects: ObjectSource): number;
  /** What of the split is not there, for people; empty before it is made and while it is whole. */
  missing(split: TrafficSplit, objects: ObjectSource): string[];
  /** Makes missing entries at weight 0, or sets the weight of those that differ. */
  setWeight(split: TrafficSplit, objects: ObjectSource, weight: number): Write[];
  /**
   * Sets the weight of the entries that exist, and ends all steering at weight 0; makes none. For the way
   * down.
   */
  lowerWeight(split: TrafficSplit, objects: ObjectSource, weight: number): Write[];
  /**
   * Puts the routes back as they were before the split; empty if nothing of it is left, or if it is being
   * deleted.
   */
  restore(split: TrafficSplit, objects: ObjectSource): Write[];
  /** What of the split is still there, also while it is being deleted. */
  remains(split: TrafficSplit, objects: ObjectSource): string[];
  /** A route for people: `Ingress/web`. */
  describe(route: string): string;
  /** Commands for a person who takes the users off the canary, if this program cannot. */
  manualRestore(split: TrafficSplit): string[];
  /**
   * What of the router counts requests, canary and stable apart, in the order of preference; not there if
   * nothing of it does. They hold connections until they are stopped.
   */
  requestSources?(split: TrafficSplit, objects: ObjectSource, access: SourceAccess): RequestSource[];
}
