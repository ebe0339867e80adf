import type { Right } from '../cluster/client.ts';
import type { ObjectSource } from '../cluster/object-source.ts';
import type { Write } from '../cluster/write.ts';
import type { Refusal } from '../errors.ts';
import type { RouteObjects, TrafficSplit } from './split.ts';

/** Why a router cannot do something, and what to do instead, as sentences. */
export interface Cannot {
  readonly why: string;
  readonly instead: string;
}

/**
 * Copies requests of the users to the canary, and throws the answers away. All functions are pure. `lowerWeight`, `restore` and `remains` of
 * the router know what this makes, so that every way down ends it.
 */
export interface Mirroring {
  /** Why requests of these routes cannot be copied as the split says. */
  refusals(split: TrafficSplit, objects: RouteObjects): Refusal[];
  /** The missing objects that the proxies must know before a route names them; absent if there are none. */
  prepare?(split: TrafficSplit, objects: ObjectSource): Write[];
  /** The missing writes after which requests are copied. */
  start(split: TrafficSplit, objects: ObjectSource): Write[];
  /** The writes after which none is copied any more; empty if none is. */
  stop(split: TrafficSplit, objects: ObjectSource): Write[];
  /** The longest time from `prepare`, or from the canary's entries, until every proxy knows what was made; absent if it is acceptance. */
  readonly knownWithinMs?: number;
}

/** What to do about a bad release where nothing can be copied. */
export const FIRST_CONTACT_INSTEAD =
  '`first_contact` keeps what a bad release costs to a handful of requests, and a check by a Job tries the canary before any user.';

/**
 * Leads a host name of its own to the canary, by objects of ours beside the users' routes. All functions are pure. `lowerWeight` to 0,
 * `restore` and `remains` of the router know what this makes, so that every way down ends it before the canary's Services go.
 */
export interface Previewing {
  /** Why the host cannot lead to the canary of these routes. */
  refusals(split: TrafficSplit, objects: RouteObjects): Refusal[];
  /** What a plan says of it. */
  describe(split: TrafficSplit, objects: ObjectSource): PreviewWay;
  /** The missing objects; empty without a host. */
  make(split: TrafficSplit, objects: ObjectSource): Write[];
  /** Its objects name the port of a Service in another way than the users' route, so that the plan has to know both. */
  readonly needsPorts?: true;
  /** Its requests may be counted as the canary's, so that the canary may have more than its share. */
  readonly isCounted?: true;
  /** What it needs beyond the rights to split; absent if that is nothing. */
  readonly rights?: Readonly<Record<'promote' | 'guard', readonly Right[]>>;
}

/** How a tester comes to the canary. */
export interface PreviewWay {
  /** `http://preview.shop.example.com` */
  url: string;
  /** The objects that are made, for people: `Ingress/web-preview`. */
  objects: readonly string[];
  /** What a tester has to know, as parts of a sentence. */
  notes: readonly string[];
  /** What may surprise, as sentences. */
  warnings: readonly string[];
}
