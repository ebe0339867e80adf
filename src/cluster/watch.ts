import { Watch } from '@kubernetes/client-node/dist/watch.js';
import type { Cluster } from './client.ts';
import type { KubeObject } from './resource.ts';

/** What a watch reports. */
export interface WatchHandlers {
  /** The server has accepted the watch. */
  onConnected(): void;
  /** `type` is ADDED, MODIFIED, DELETED or BOOKMARK. */
  onEvent(type: string, object: KubeObject): void;
}

/** The server ends a watch after this time, so that a half-open connection does not stay for ever. */
const WATCH_SECONDS = 240;

/**
 * Runs one watch of the objects at `path`.
 *
 * @param query selectors, and the resourceVersion to start from
 * @returns 'ended' if the server or `signal` ended it; 'expired' if the resourceVersion is too old (410)
 * @throws if the connection breaks, or the server refuses the watch
 */
export function watchOnce(
  cluster: Cluster,
  path: string,
  query: Record<string, string>,
  handlers: WatchHandlers,
  signal: AbortSignal,
): Promise<'ended' | 'expired'> {
  return new Promise((resolve, reject) => {
    const state = { isExpired: false, isOver: false, request: undefined as AbortController | undefined };
    const stop = () => state.request?.abort();
    signal.addEventListener('abort', stop, { once: true });
    const onEvent = (type: string, object: KubeObject) => {
      if (type !== 'ERROR') return handlers.onEvent(type, object);
      state.isExpired = true;
      stop();
    };
    const onDone = (error: unknown) => {
      state.isOver = true;
      signal.removeEventListener('abort', stop);
      if (state.isExpired || isGone(error)) resolve('expired');
      else if (error && !signal.aborted) reject(error);
      else resolve('ended');
    };
    const onRequest = (request: AbortController) => {
      state.request = request;
      if (signal.aborted || state.isExpired) request.abort();
      else if (!state.isOver) handlers.onConnected();
    };
    const options = { ...query, allowWatchBookmarks: true, timeoutSeconds: WATCH_SECONDS };
    createWatch(cluster).watch(path, options, onEvent, onDone).then(onRequest, reject);
  });
}

function createWatch({ connection }: Cluster): Watch {
  // by default the library ends a watch after 30 s without an event, and offers no option for it
  const timeout = { requestTimeoutMs: (WATCH_SECONDS + 10) * 1000 };
  return Object.assign(new Watch(connection.config), timeout);
}

function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 410;
}
