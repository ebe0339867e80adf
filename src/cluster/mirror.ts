import { Watch } from '@kubernetes/client-node/dist/watch.js';
import type { Clock } from '../clock.ts';
import { PromoteError } from '../errors.ts';
import type { Cluster, Selection } from './client.ts';
import type { ObjectSource } from './object-source.ts';
import { type KubeObject, pathOf, type Resource } from './resource.ts';

/** What is kept: the objects of one resource that match. */
export interface Interest<T extends KubeObject = KubeObject> extends Selection {
  resource: Resource<T>;
}

/**
 * A local copy of a few kinds of objects, filled by one list each and kept by a watch, so that looking at the cluster costs no
 * request. It may lag behind: decisions made on it are written with the resourceVersion they were made on.
 */
export interface Mirror extends ObjectSource {
  all<T extends KubeObject>(resource: Resource<T>): T[];
  /** Takes the answer to a write of one's own, ahead of the watch. */
  put(resource: Resource<KubeObject>, object: KubeObject): void;
  /** Counts the changes; taken before a look, it tells `changed` from when on a change is news. */
  version(): number;
  /** Resolves at the first change after `since` (now, without it), after `ms`, or when the signal aborts. */
  changed(ms: number, signal?: AbortSignal, since?: number): Promise<void>;
  /** Since when (monotonic clock) a watch has been without connection; undefined while all are connected. */
  lostSince(): number | undefined;
  /**
   * Until when (monotonic clock) controllers of the cluster may not follow the API server again, after it was out of reach: client-go's
   * try again after twice as long each time, with as much added at random, and at most after 60 s (tools/cache, Reflector).
   */
  restlessUntil(): number;
  /** Lists one kind anew. For where a write met a conflict and the watch has not brought the reason yet. */
  refresh(resource: Resource<KubeObject>): Promise<void>;
  stop(): void;
}

/** The longest that a controller waits before it tries again. */
const RESTLESS_MS = 60_000;
/** The server ends a watch after this long, so that half-open connections do not stay for ever. */
const WATCH_SECONDS = 240;

interface Kept {
  interest: Interest;
  objects: Map<string, KubeObject>;
  resourceVersion: string;
  lostSince: number | undefined;
  /** The same, once a list has failed, too: not the watch alone is in trouble. */
  awaySince: number | undefined;
}

/**
 * Starts a mirror: lists every interest (errors of these first lists are thrown), then watches. A watch that ends is taken up where
 * it was; one that is too old (410) is listed again.
 */
export async function startMirror(
  cluster: Cluster,
  interests: readonly Interest[],
  clock: Clock,
  random: () => number = Math.random,
): Promise<Mirror> {
  const stopping = new AbortController();
  let wake: () => void = () => {};
  let next = new Promise<void>((resolve) => {
    wake = resolve;
  });
  let version = 0;
  let restless = 0;
  const noteOutage = (each: Kept) => {
    if (each.awaySince === undefined) return;
    const now = clock.monotonic();
    restless = Math.max(restless, now + Math.min(2 * (now - each.awaySince) + 1000, RESTLESS_MS));
  };
  const connected = (each: Kept) => {
    noteOutage(each);
    each.lostSince = undefined;
    each.awaySince = undefined;
  };
  const changed = () => {
    version += 1;
    const resolve = wake;
    next = new Promise<void>((again) => {
      wake = again;
    });
    resolve();
  };

  const kept: Kept[] = await Promise.all(
    interests.map(async (interest) => {
      const { items, resourceVersion } = await cluster.list(interest.resource, selectionOf(interest));
      return {
        interest,
        objects: indexed(items),
        resourceVersion,
        lostSince: undefined,
        awaySince: undefined,
      };
    }),
  );

  async function relist(each: Kept, besideWatch = false): Promise<void> {
    const { items, resourceVersion } = await cluster.list(each.interest.resource, selectionOf(each.interest));
    // the watch has gone on meanwhile, and will not bring again what this answer does not know
    if (besideWatch && isBefore(resourceVersion, each.resourceVersion)) return;
    each.objects = indexed(items);
    each.resourceVersion = resourceVersion;
    changed();
  }

  function take(each: Kept, type: string, object: KubeObject): void {
    const name = object.metadata?.name ?? '';
    const version = object.metadata?.resourceVersion;
    // a list beside the watch was ahead of it
    if (isBefore(version, each.resourceVersion)) return;
    if (version !== undefined) each.resourceVersion = version;
    if (type === 'BOOKMARK' || isBefore(version, versionOf(each.objects.get(name)))) return;
    if (type === 'DELETED') each.objects.delete(name);
    else each.objects.set(name, object);
    changed();
  }

  async function follow(each: Kept): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        const since = clock.monotonic();
        const end = await watchOnce(each, cluster, { take, connected }, stopping.signal);
        if (stopping.signal.aborted) return;
        if (end === 'expired') await relist(each);
        connected(each);
        failures = 0;
        // a server that ends every watch at once must not be asked in a tight loop
        if (clock.monotonic() - since < 1000) await clock.sleep(1000, stopping.signal);
      } catch {
        each.lostSince ??= clock.monotonic();
        failures += 1;
        const backoff = Math.min(250 * 2 ** failures, 5_000);
        await clock.sleep(backoff / 2 + (random() * backoff) / 2, stopping.signal);
        if (stopping.signal.aborted) return;
        // what happened meanwhile may be out of the server's memory: the list is the sure way
        await relist(each).then(
          () => connected(each),
          () => {
            each.awaySince ??= each.lostSince;
          },
        );
      }
    }
  }
  const followers = kept.map(follow);
  for (const follower of followers) follower.catch(() => {});

  const find = (resource: Resource<KubeObject>) => {
    const found = kept.find((each) => each.interest.resource.plural === resource.plural);
    if (!found) throw new PromoteError('internal', `${resource.plural} are not mirrored.`);
    return found;
  };

  return {
    all: <T extends KubeObject>(resource: Resource<T>) => [...find(resource).objects.values()] as T[],
    put(resource, object) {
      const { objects } = find(resource);
      const name = object.metadata?.name ?? '';
      if (!isBefore(versionOf(object), versionOf(objects.get(name)))) objects.set(name, object);
      changed();
    },
    version: () => version,
    async changed(ms, signal, since = version) {
      if (version !== since) return;
      const done = new AbortController();
      const stop = () => done.abort();
      signal?.addEventListener('abort', stop, { once: true });
      if (signal?.aborted) stop();
      await Promise.race([next, clock.sleep(ms, done.signal)]);
      signal?.removeEventListener('abort', stop);
      done.abort();
    },
    lostSince: () =>
      kept.reduce<number | undefined>(
        (oldest, { lostSince }) =>
          lostSince === undefined ? oldest : Math.min(oldest ?? lostSince, lostSince),
        undefined,
      ),
    restlessUntil() {
      // who is not connected again yet may still write
      kept.forEach(noteOutage);
      return restless;
    },
    refresh: (resource) => relist(find(resource), true),
    stop: () => stopping.abort(),
  };
}

/** One watch, until the server ends it ('ended') or says that it is too old ('expired'). Throws when it breaks. */
function watchOnce(
  each: Kept,
  cluster: Cluster,
  {
    take,
    connected,
  }: { take(each: Kept, type: string, object: KubeObject): void; connected(each: Kept): void },
  signal: AbortSignal,
): Promise<'ended' | 'expired'> {
  const { resource } = each.interest;
  return new Promise((resolve, reject) => {
    let expired = false;
    let over = false;
    let request: AbortController | undefined;
    const stop = () => request?.abort();
    signal.addEventListener('abort', stop, { once: true });
    const done = (error: unknown) => {
      over = true;
      signal.removeEventListener('abort', stop);
      if (expired) resolve('expired');
      else if (error && isGone(error)) resolve('expired');
      else if (error && !signal.aborted) reject(error);
      else resolve('ended');
    };
    // the library's own 30 s without an event would end every watch of a quiet namespace; it has no option for it
    const quiet = { requestTimeoutMs: (WATCH_SECONDS + 10) * 1000 };
    const watch = new Watch(cluster.connection.config);
    Object.assign(watch, quiet);
    watch
      .watch(
        pathOf(resource, cluster.namespace),
        {
          ...selectionOf(each.interest),
          resourceVersion: each.resourceVersion,
          allowWatchBookmarks: true,
          timeoutSeconds: WATCH_SECONDS,
        },
        (type: string, object: KubeObject & { code?: number }) => {
          if (type === 'ERROR') {
            expired = true;
            request?.abort();
          } else take(each, type, object);
        },
        done,
      )
      .then((controller) => {
        request = controller;
        if (signal.aborted || expired) controller.abort();
        else if (!over) connected(each);
      }, reject);
  });
}

function selectionOf({ labelSelector, fieldSelector }: Selection): Record<string, string> {
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

function indexed(items: readonly KubeObject[]): Map<string, KubeObject> {
  return new Map(items.map((item) => [item.metadata?.name ?? '', item]));
}

/** resourceVersions of one resource compare as numbers, across its objects too (KEP-5504); what does not parse is before nothing. */
function isBefore(version: string | undefined, than: string | undefined): boolean {
  return Number(version) < Number(than);
}

function versionOf(object: KubeObject | undefined): string | undefined {
  return object?.metadata?.resourceVersion;
}

function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 410;
}
