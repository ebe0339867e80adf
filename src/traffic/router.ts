import type { Pod } from 'kubernetes-types/core/v1';
import type { RequestSource } from '../analysis/request-source.ts';
import type { Clock } from '../clock.ts';
import type { Cluster, Right } from '../cluster/client.ts';
import type { ObjectSource } from '../cluster/object-source.ts';
import type { KubeObject, Resource } from '../cluster/resource.ts';
import type { Write } from '../cluster/write.ts';
import type { Discovery, RouteObjects, SplitTarget, TrafficSplit } from './split.ts';
import type { Cannot, Mirroring, Previewing } from './without-users.ts';

/** Where a router's controller runs. */
export interface ControllerPlace {
  namespace: string;
  /** The ConfigMap with its settings, in that namespace. */
  configMap: string;
}

/** Rights that a router can do without. Without them it reads less, and the log says what it did not read. */
export interface OptionalRights {
  /** Short, and unique for the router; part of the name of a Role. */
  name: string;
  /**
   * `plan`: for reads before a promotion. `watch`: for reads while users are on the canary, also by a guard.
   */
  use: 'plan' | 'watch';
  /** What they are for, and what is lost without them, as sentences for the reader of a Role. */
  purpose: string;
  rights: readonly Right[];
}

/** A kind that a plan reads if it may. */
export interface OptionalKind {
  resource: Resource<KubeObject>;
  /** Names the kind, and what is unknown without it. */
  unread: string;
  /** Whether the routes give a reason to read it; absent if they always do. */
  isNeeded?(routes: ObjectSource): boolean;
}

/** What a router can do. */
interface Ability {
  /** `any`: every percentage of the users. `all`: only all users or none. `pods`: the share of the pods. */
  weights: 'any' | 'all' | 'pods';
  /** How testers can reach the canary at any weight. */
  steer: readonly ('header' | 'header_pattern' | 'cookie')[];
}

/** How long a router takes, in milliseconds. */
export interface RouterTiming {
  /**
   * The longest time from a write until requests and counters follow it. A difference before that is
   * expected.
   */
  followsWithinMs: number;
  /**
   * How long to wait for a weight before it counts as not confirmed, if there are too few requests to tell.
   */
  confirmsWithinMs: number;
  /**
   * The longest time from the first write of the canary's entries until every proxy can reach the canary; absent if
   * `acceptance` or the router itself makes sure of it.
   */
  knowsCanaryWithinMs?: number;
  /** The longest time from a change of a Service's ready pods until requests follow it. */
  followsPodsWithinMs: number;
}

/** What the controllers of the routes say of the last writes, where the routes' status tells. */
export type Acceptance =
  | { state: 'accepted' }
  /** A controller has not looked at the last write yet. `message` says what is waited for. */
  | { state: 'pending'; message: string }
  /** A controller has looked at the last write, and does not do all of it. */
  | { state: 'rejected'; message: string };

/** What a router needs to read its sources. */
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
 * All functions but `requestSources` are pure: they take the current objects and return the missing writes,
 * in the order in which they must be made. An update is the whole object with its resourceVersion, so that it
 * fails if another client has changed the object since.
 */
export interface TrafficRouter {
  /** The name that the setting `traffic` and the record use. */
  readonly name: string;
  /**
   * The kinds that it reads and writes in the namespace. A plan lists them, the loop watches them, and a dry
   * run copies them.
   */
  readonly resources: readonly Resource<KubeObject>[];
  /**
   * The names of the objects of these kinds that a split reads and writes, so that the loop watches no others;
   * absent if it watches all.
   */
  watched?(split: TrafficSplit): ReadonlyMap<Resource<KubeObject>, readonly string[]>;
  /**
   * Kinds that a plan reads only if the credentials allow it.
   */
  readonly optional: readonly OptionalKind[];
  /** The rights that it needs for these kinds. */
  rightsFor(use: 'look' | 'promote' | 'guard'): readonly Right[];
  /** The rights to read more: counters and log of its controller, and kinds of the whole cluster. */
  optionalRights(controller: ControllerPlace): readonly OptionalRights[];
  readonly ability: Ability;
  /** How it copies requests to the canary; or why it cannot, and what to do instead. */
  readonly mirror: Mirroring | Cannot;
  /** How it leads a host name of its own to the canary, or why it cannot. */
  readonly preview: Previewing | { readonly why: string };
  /**
   * Why it moves everybody who comes by the Services, whatever leads to them; absent if it moves the users of its own routes. Such a
   * router needs no route, so that every Service can be split by it: `traffic: auto` takes it only if nothing else leads there.
   */
  readonly movesAll?: string;
  /** What it cannot promise, and what the app has to do about it, as lines of the plan; absent if there is nothing to say. */
  readonly caveats?: readonly string[];
  /** How long the controllers of these routes take, as far as they are known. */
  timing(split: TrafficSplit, objects: ObjectSource): RouterTiming;
  /** Why stable needs a ready pod at every weight; undefined if it needs none. */
  readonly needsStablePods?: string;
  /**
   * Why the canary needs a ready pod as long as a route has an entry for it, at any weight; undefined if it needs none. The entry is then
   * made only while a pod is ready, has users, and goes as soon as no pod is ready.
   */
  readonly needsCanaryPods?: string;
  /**
   * Whether the router fails if a Service is deleted before its controller follows the API server again (see
   * engines/native/converge/outage.ts).
   */
  readonly delaysServiceDeletion: boolean;
  /**
   * Whether it sends a request that a pod refuses to another pod, so that no user notices a pod that ends before
   * the router knows it.
   */
  retriesRefused(split: TrafficSplit, objects: ObjectSource): boolean;

  /** The names of the Services that its routes send to. */
  backends(objects: RouteObjects): ReadonlySet<string>;
  /** The users' routes that send to the Services, or why they cannot be split. */
  discover(target: SplitTarget, objects: RouteObjects): Discovery;
  /**
   * The largest share of the users that any of the routes sends to the canary, in percent; 0 if no route has
   * an entry for the canary.
   */
  weight(split: TrafficSplit, objects: ObjectSource): number;
  /** The missing parts of the split, for people; empty before it is made and while it is complete. */
  missing(split: TrafficSplit, objects: ObjectSource): string[];
  /** Creates missing entries at weight 0; if none is missing, sets the weight of those that differ. */
  setWeight(split: TrafficSplit, objects: ObjectSource, weight: number): Write[];
  /**
   * Sets the weight of the entries that exist, but creates none; at weight 0 it also ends all steering. For a
   * rollback.
   */
  lowerWeight(split: TrafficSplit, objects: ObjectSource, weight: number): Write[];
  /**
   * Restores the routes to their state before the split; empty if nothing of it is left, or if the rest is
   * being deleted.
   */
  restore(split: TrafficSplit, objects: ObjectSource): Write[];
  /** The parts of the split that still exist, also those that are being deleted. */
  remains(split: TrafficSplit, objects: ObjectSource): string[];
  /**
   * Whether the controllers have accepted the routes as they are; absent if the routes' status does not say it.
   * Requests may follow later than that: see `timing`.
   */
  acceptance?(split: TrafficSplit, objects: ObjectSource): Acceptance;
  /** The name of a route for people: `Ingress/web`. */
  describe(route: string): string;
  /** Commands with which a person moves the users back to stable, if this program cannot. */
  manualRestore(split: TrafficSplit): string[];
  /** Other objects that may decide where the users of the split go, each as a sentence; absent if it knows none. */
  rivals?(split: TrafficSplit, objects: ObjectSource): string[];
  /** Commands that show a person what the router has of the canary. */
  inspectCommands?(split: TrafficSplit): string[];
  /** The pods of its controller, because their arguments say what it serves; absent if they are not needed. */
  controllerPods?(cluster: Cluster, controllerNamespace: string): Promise<readonly Pod[]>;
  /**
   * Whether its controller runs; absent if that cannot be seen. Only what follows the routes may be given users:
   * a class outlives its controller, and another program may serve it.
   */
  controllerRuns?(
    access: Pick<SourceAccess, 'cluster' | 'controllerNamespace'>,
  ): Promise<'yes' | 'no' | 'unknown'>;
  /**
   * The sources that count the requests of canary and stable, in order of preference; absent if the router
   * has none. They hold connections until they are stopped.
   */
  requestSources?(split: TrafficSplit, objects: ObjectSource, access: SourceAccess): RequestSource[];
}
