import type { Clock } from '../clock.ts';
import type { Cluster } from './client.ts';
import {
  applyEvent,
  type Copy,
  copiesByKind,
  copiesOfKind,
  copyWith,
  fill,
  type Interest,
  pagesOf,
  putInto,
  readAgain,
  replaceBy,
} from './copies.ts';
import { NOT_SERVED } from './list-if-served.ts';
import type { ObjectSource } from './object-source.ts';
import { type KubeObject, objectName, pathOf, type Resource } from './resource.ts';
import { watchOnce } from './watch.ts';

/**
 * A local copy of the objects of a few resources. One list each fills it and a watch updates it, so that
 * reading it costs no request. It may lag behind the cluster, so a decision made on it is written with the
 * resourceVersion that it was made on.
 */
export interface Mirror extends ObjectSource {
  all<T extends KubeObject>(resource: Resource<T>): T[];
  /** Stores the answer to an own write, before the watch brings it. */
  put(resource: Resource<KubeObject>, object: KubeObject): void;
  /** The number of changes until now. Pass it to `changed` to learn of changes since it was read. */
  version(): number;
  /** Resolves at the first change after `since` (default: the call), after `ms`, or if the signal aborts. */
  changed(ms: number, signal?: AbortSignal, since?: number): Promise<void>;
  /**
   * The time (monotonic clock, ms) at which the first watch lost its connection; undefined if all are
   * connected.
   */
  lostSince(): number | undefined;
  /** Reads one object again, for a write that met a conflict before the watch brought its reason. */
  refresh(resource: Resource<KubeObject>, name: string): Promise<void>;
  stop(): void;
}

/** A server that ends every watch at once is asked again after this time. */
const MIN_WATCH_MS = 1000;
const MAX_BACKOFF_MS = 5_000;

interface MirrorState {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly stopping: AbortController;
  /** The copies of each kind. */
  readonly copies: ReadonlyMap<string, readonly Copy[]>;
  /** The number of changes; `next` resolves at the next one, by `wake`. */
  version: number;
  next: Promise<void>;
  wake: () => void;
}

/**
 * Starts a mirror: lists every interest, then watches it. A watch that ends continues from its last event;
 * one whose version is too old (410) starts from a new list. A kind that the server does not serve is empty.
 *
 * @throws the errors of the first lists; later ones are retried until `stop`
 */
export async function startMirror(
  cluster: Cluster,
  interests: readonly Interest[],
  clock: Clock,
  random: () => number = Math.random,
): Promise<Mirror> {
  const copies = copiesByKind(interests);
  const all = [...copies.values()].flat();
  await Promise.all(all.map((copy) => fill(cluster, copy)));
  const stopping = new AbortController();
  const state: MirrorState = { cluster, clock, random, stopping, copies, version: 0, ...nextChange() };
  // a kind that the server does not serve has no version to watch from
  for (const copy of all) if (copy.resourceVersion !== NOT_SERVED) follow(state, copy).catch(() => {});
  return {
    all: <T extends KubeObject>(resource: Resource<T>) =>
      copiesOfKind(copies, resource).flatMap(({ objects }) => [...objects.values()]) as T[],
    put: (resource, object) => {
      putInto(copyWith(copies, resource, objectName(object)), object);
      reportChange(state);
    },
    version: () => state.version,
    changed: (ms, signal, since) => waitForChange(state, ms, signal, since),
    lostSince: () => firstLoss(all),
    refresh: (resource, name) => refresh(state, copyWith(copies, resource, name), name),
    stop: () => stopping.abort(),
  };
}

/** Watches until the mirror stops; after a broken connection starts from a new list. */
async function follow(state: MirrorState, copy: Copy): Promise<void> {
  const { clock, stopping, cluster } = state;
  let failures = 0;
  while (!stopping.signal.aborted) {
    try {
      await watchFor(state, copy);
      failures = 0;
    } catch {
      copy.lostSince ??= clock.monotonic();
      cluster.outage.watchLost();
      failures += 1;
      await clock.sleep(backoffOf(failures, state.random), stopping.signal);
      if (stopping.signal.aborted) return;
      // the server may not remember the events of the meantime, but a list is complete
      await relist(state, copy).catch(() => {});
    }
  }
}

/** One watch until its end, and what follows from the end. Throws if the connection breaks. */
async function watchFor(state: MirrorState, copy: Copy): Promise<void> {
  const { cluster, clock, stopping } = state;
  const { resource, selection } = copy;
  const start = clock.monotonic();
  const end = await watchOnce(
    cluster,
    pathOf(resource, cluster.namespace),
    { ...selection, resourceVersion: copy.resourceVersion },
    {
      onConnected() {
        cluster.outage.answered();
        copy.lostSince = undefined;
      },
      onEvent: (type, object) => {
        if (applyEvent(copy, type, object)) reportChange(state);
      },
    },
    stopping.signal,
  );
  if (stopping.signal.aborted) return;
  if (end === 'expired') await relist(state, copy);
  copy.lostSince = undefined;
  if (clock.monotonic() - start < MIN_WATCH_MS) await clock.sleep(MIN_WATCH_MS, stopping.signal);
}

/** Between half of it and all of it: 0.5, 1, 2, 4, then 5 s. */
function backoffOf(failures: number, random: () => number): number {
  const backoff = Math.min(250 * 2 ** failures, MAX_BACKOFF_MS);
  return backoff / 2 + (random() * backoff) / 2;
}

async function relist(state: MirrorState, copy: Copy): Promise<void> {
  replaceBy(copy, await state.cluster.list(copy.resource, copy.selection, pagesOf(copy)));
  copy.lostSince = undefined;
  reportChange(state);
}

async function refresh(state: MirrorState, copy: Copy, name: string): Promise<void> {
  if (await readAgain(state.cluster, copy, name)) reportChange(state);
}

function reportChange(state: MirrorState): void {
  const { wake } = state;
  state.version += 1;
  Object.assign(state, nextChange());
  wake();
}

function nextChange(): Pick<MirrorState, 'next' | 'wake'> {
  let wake = () => {};
  const next = new Promise<void>((resolve) => {
    wake = resolve;
  });
  return { next, wake };
}

async function waitForChange(
  state: MirrorState,
  ms: number,
  signal?: AbortSignal,
  since = state.version,
): Promise<void> {
  if (state.version !== since) return;
  const done = new AbortController();
  const stop = () => done.abort();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  await Promise.race([state.next, state.clock.sleep(ms, done.signal)]);
  signal?.removeEventListener('abort', stop);
  done.abort();
}

function firstLoss(copies: readonly Copy[]): number | undefined {
  const losses = copies.flatMap(({ lostSince }) => lostSince ?? []);
  return losses.length === 0 ? undefined : Math.min(...losses);
}
