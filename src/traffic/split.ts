import type { Pod } from 'kubernetes-types/core/v1';
import type { ObjectSource } from '../cluster/object-source.ts';
import type { KubeObject, Resource } from '../cluster/resource.ts';
import type { Refusal } from '../errors.ts';
import type { SplitLabel } from '../workload/canary-copy.ts';

/** A Service of the workload, and the Service of its canary. */
export interface ServicePair {
  stable: string;
  canary: string;
  /** The ports of both, if a preview names them in another way than the users' route. One that has no name gets one in the canary's. */
  ports?: readonly { name: string; port: number }[];
}

/**
 * A route of the users (an Ingress, an HTTPRoute), and the object that splits it. Both names are the same if
 * the router splits in place.
 */
export interface RoutePair {
  stable: string;
  canary: string;
  /** A session cookie keeps users of the route on stable at any weight, so that its canary gets fewer. */
  sticky?: boolean;
  /** The prefix of the annotations that the route's controller reads, with the slash, if not the usual one. */
  prefix?: string;
  /** The users' objects that the split reads besides, as `DestinationRule/web`; absent if they are not known, or if there are none. */
  beside?: readonly string[];
  /** The selector that the pods of stable and canary match, if the share of the pods splits. */
  both?: Readonly<Record<string, string>>;
}

/** Requests that go to the canary at any weight, such as those of testers and checks. */
export interface Steer {
  /**
   * A request header, and the value that it must have, or a regular expression for it. Without both, the
   * header's values `always` and `never` decide.
   */
  header?: { name: string; value?: string; pattern?: string };
  /** A cookie; its values `always` and `never` decide. */
  cookie?: string;
}

/** Requests that are copied to the canary while it has no users. */
export interface Mirror {
  /** Of the requests of these methods. */
  percent: number;
  /** `get`: GET alone, because a copy of a request that writes would write twice. */
  methods: 'get' | 'all';
}

/** What the router splits, from the plan. */
export interface TrafficSplit {
  namespace: string;
  workload: string;
  services: readonly ServicePair[];
  routes: readonly RoutePair[];
  steer?: Steer;
  /** Only a stage of its own copies requests; undefined if none does. */
  mirror?: Mirror;
  /** A host name that leads to the canary alone, as long as there is one. */
  preview?: string;
}

/** What a router has to split, before there is a plan. */
export interface SplitTarget {
  workload: string;
  /** Names of the stable Services. */
  services: readonly string[];
  steer?: Steer;
  /** The pods of stable; absent if nothing can tell the canary's from them. */
  pods?: SplitPods;
  /** The user names this router, so that what cannot be known is believed. */
  insists: boolean;
}

/** What tells stable's pods from all others. */
export interface SplitPods {
  /** The labels of their template, and those that their Deployment selects by, which no rollout changes. */
  labels: Readonly<Record<string, string>>;
  selected: Readonly<Record<string, string>>;
  /** The label that has another value on the canary's pods. */
  label: SplitLabel;
}

/** The objects that were read for a plan. */
export interface RouteObjects extends ObjectSource {
  /** Whether the credentials may read the kind; `all` is empty if not. */
  isReadable(resource: Resource<KubeObject>): boolean;
  /** The pods of the routers' controllers, as far as the credentials may list them. */
  readonly controllers?: readonly Pod[];
}

/** The routes that lead to the Services, and the reasons why they cannot be split. */
export interface Discovery {
  routes: readonly RoutePair[];
  refusals: readonly Refusal[];
  warnings: readonly string[];
  /** The users who stay on stable at any weight, as parts of a sentence: `those of Ingress/web who …`. */
  staying: readonly string[];
}
