import type { Deployment, DeploymentSpec } from 'kubernetes-types/apps/v1';

/** How fast a Deployment may be rolled, so that a router follows each pod. */
export interface Pace {
  /** How long a new pod is ready before the next old one ends, in seconds. */
  readySeconds: number;
  /** How many pods come at once, as `maxSurge` has it. */
  surge: number | string;
  /** How many pods may be unavailable; 0 if it is absent. */
  unavailable?: number;
}

/** What decides how fast a Deployment is rolled. A term that is missing is the API server's default. */
interface Terms {
  minReadySeconds?: number;
  progressDeadlineSeconds?: number;
  maxSurge?: number | string;
  maxUnavailable?: number | string;
}

/**
 * The annotation with the Deployment's own terms and those that were set, as JSON. Whoever ends the promotion
 * reads it there.
 */
const HELD = 'drone-promote/held-pace';
const NAMES = ['minReadySeconds', 'progressDeadlineSeconds', 'maxSurge', 'maxUnavailable'] as const;
const DEFAULT_DEADLINE = 600;
const LARGEST = 2 ** 31 - 1;

/**
 * The Deployment with the terms of the pace, and a note of its own ones. The API server wants a progress deadline
 * that is longer than `minReadySeconds`, so it grows by as much. A Deployment that is not rolled stays as it is.
 */
export function withPace(deployment: Deployment, { readySeconds, surge, unavailable = 0 }: Pace): Deployment {
  if (deployment.spec?.strategy?.type === 'Recreate') return deployment;
  const plain = withOwnPace(deployment) ?? deployment;
  const own = termsOf(plain);
  const minReadySeconds = Math.max(own.minReadySeconds ?? 0, readySeconds);
  const deadline = (own.progressDeadlineSeconds ?? DEFAULT_DEADLINE) + minReadySeconds;
  const set: Terms = {
    minReadySeconds,
    progressDeadlineSeconds: Math.min(LARGEST, deadline),
    maxSurge: surge,
    maxUnavailable: unavailable,
  };
  return withTerms(plain, set, JSON.stringify({ own, set }));
}

/**
 * The Deployment with its own terms again, except those that somebody else has changed since. Undefined if no pace
 * is set on it.
 */
export function withOwnPace(deployment: Deployment): Deployment | undefined {
  const note = deployment.metadata?.annotations?.[HELD];
  if (note === undefined) return undefined;
  const { own, set } = read(note);
  const now = termsOf(deployment);
  const back = Object.fromEntries(
    NAMES.map((name) => [name, name in set && now[name] === set[name] ? own[name] : now[name]]),
  );
  return withTerms(deployment, back, undefined);
}

/** Whether somebody else has changed what was set for a pace. */
export function meddledPace(deployment: Deployment): boolean {
  const note = deployment.metadata?.annotations?.[HELD];
  if (note === undefined) return false;
  const { set } = read(note);
  const now = termsOf(deployment);
  return NAMES.some((name) => name in set && now[name] !== set[name]);
}

/** Whether a pace is set on a Deployment. */
export function isPaced({ metadata }: Deployment): boolean {
  return metadata?.annotations?.[HELD] !== undefined;
}

/** The pods that come at once, of so many. */
export function surgeBy({ surge }: Pace, replicas: number): number {
  return typeof surge === 'number' ? surge : Math.ceil((replicas * Number.parseFloat(surge)) / 100);
}

function termsOf({ spec }: Deployment): Terms {
  const { minReadySeconds, progressDeadlineSeconds, strategy } = spec ?? {};
  const { maxSurge, maxUnavailable } = strategy?.rollingUpdate ?? {};
  return filled({ minReadySeconds, progressDeadlineSeconds, maxSurge, maxUnavailable });
}

/** All other fields keep their place, so that what was put back is the object of before. */
function withTerms(deployment: Deployment, terms: Terms, note: string | undefined): Deployment {
  const { minReadySeconds, progressDeadlineSeconds, maxSurge, maxUnavailable } = terms;
  const { metadata, spec = { selector: {}, template: {} } } = deployment;
  const rollingUpdate = withValues(spec.strategy?.rollingUpdate, { maxSurge, maxUnavailable });
  const annotations = withValues(metadata?.annotations, { [HELD]: note });
  return {
    ...deployment,
    metadata: withValues(metadata, {
      annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
    }),
    spec: withValues<DeploymentSpec>(spec, {
      minReadySeconds,
      progressDeadlineSeconds,
      strategy: { ...spec.strategy, rollingUpdate },
    }),
  };
}

/** The object with these values; a value that is undefined is removed. */
function withValues<T extends object>(
  object: T | undefined,
  values: { [K in keyof T]?: T[K] | undefined },
): T {
  const entries = Object.entries({ ...object, ...values }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as T;
}

/** What somebody has edited counts as nothing, so that no term is put back from it. */
function read(note: string): { own: Terms; set: Terms } {
  try {
    const { own, set } = JSON.parse(note);
    return { own: { ...own }, set: { ...set } };
  } catch {
    return { own: {}, set: {} };
  }
}

/** The terms that have a value. */
function filled<T extends object>(terms: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(terms).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
