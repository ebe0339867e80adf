import type { Pod } from 'kubernetes-types/core/v1';
import { ApiError } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import { messageOf } from '../../errors.ts';
import { listControllers } from './controller-pods.ts';

/** A metrics page of a pod. */
export interface Target {
  /** The pod's uid, because a name may be reused (StatefulSets), and the new pod counts from zero. */
  readonly key: string;
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  readonly path: string;
}

/**
 * Why something could not be read. `denied`: the Role lacks `list` of pods or `get` of pods/proxy (or the
 * page itself wants credentials); `absent`: no such pod or page; `timeout`: no complete answer in time;
 * `failed`: any other reason, which the message gives.
 */
interface Unread {
  readonly kind: 'denied' | 'absent' | 'timeout' | 'failed';
  readonly message: string;
}

export type Page = { readonly kind: 'page'; readonly text: string } | Unread;

/** The metrics pages of the router; empty if no such pod runs. */
export type Found = { readonly kind: 'found'; readonly targets: readonly Target[] } | Unread;

export interface Limits {
  /** The timeout for one page, from the request to the last byte. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const CONTROLLER_NAMESPACE = 'ingress-nginx';
/**
 * The default of the controller's `--healthz-port`, which also serves its metrics; the Helm chart names it
 * `metrics`.
 */
const CONTROLLER_PORT = 10254;

/**
 * The metrics pages of all running controller replicas of ingress-nginx. Replicas that are being deleted are
 * included, because they still serve users.
 */
export async function findControllers(
  cluster: Cluster,
  namespace = CONTROLLER_NAMESPACE,
  signal?: AbortSignal,
): Promise<Found> {
  try {
    const found = await listControllers(cluster, namespace, signal);
    return { kind: 'found', targets: found.filter(isRunning).map(controllerTarget) };
  } catch (error) {
    return unread(error);
  }
}

/**
 * Reads one page. Never rejects: a page that cannot be read is a result, because it alone must not end a
 * promotion.
 */
export async function readPage(cluster: Cluster, target: Target, limits: Limits): Promise<Page> {
  try {
    const { namespace, pod, port, path } = target;
    return { kind: 'page', text: await cluster.proxy(namespace, pod, port, path, limits) };
  } catch (error) {
    return unread(error);
  }
}

/** Reads the pages of all targets at once, by their key. */
export async function readPages(
  cluster: Cluster,
  targets: readonly Target[],
  limits: Limits,
): Promise<ReadonlyMap<string, Page>> {
  const read = async (target: Target) => [target.key, await readPage(cluster, target, limits)] as const;
  return new Map(await Promise.all(targets.map(read)));
}

function isRunning({ status }: Pod): boolean {
  return status?.phase === 'Running';
}

function controllerTarget({ metadata, spec }: Pod): Target {
  const ports = spec?.containers.flatMap((container) => container.ports ?? []) ?? [];
  return {
    key: metadata?.uid ?? '',
    namespace: metadata?.namespace ?? '',
    pod: metadata?.name ?? '',
    port: ports.find(({ name }) => name === 'metrics')?.containerPort ?? CONTROLLER_PORT,
    path: '/metrics',
  };
}

function unread(error: unknown): Unread {
  const message = messageOf(error);
  if (error instanceof ApiError) {
    if (error.status === 401 || error.status === 403) return { kind: 'denied', message };
    if (error.status === 404) return { kind: 'absent', message };
    // the API server's own timeout for the connection to the pod
    if (error.status === 504) return { kind: 'timeout', message };
  } else if (error instanceof Error && error.cause instanceof Error && isTimeout(error.cause)) {
    return { kind: 'timeout', message };
  }
  return { kind: 'failed', message };
}

function isTimeout(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return error.name === 'TimeoutError' || code === 'ECONNABORTED' || code === 'ETIMEDOUT';
}
