import type { Clock } from '../clock.ts';
import { apiErrorOf, isNotFound } from './api-error.ts';
import type { Connection } from './connect.ts';
import { createRequests, isSuccess, objectIn, type Sending } from './requests.ts';
import { type KubeObject, nameOf, pathOf, type Resource } from './resource.ts';
import type { Write } from './write.ts';

/** A list as it was at one resourceVersion, from which a watch can go on. */
interface List<T> {
  items: T[];
  resourceVersion: string;
}

export interface Selection {
  labelSelector?: string;
  fieldSelector?: string;
}

/** How a write is sent. */
interface WriteOptions extends Sending {
  dryRun?: boolean;
}

/** Where a list is taken: the client's own namespace, if none is named. `signal` ends it, its retries and the waits between them. */
interface ListOptions {
  namespace?: string;
  signal?: AbortSignal;
}

/** A right of an account: one verb on one resource, in the namespace of the workload if no other is named. */
export interface Right {
  verb: string;
  resource: Resource<KubeObject>;
  subresource?: string;
  /** A namespace other than the workload's: that of a controller. */
  namespace?: string;
  /** The one object that it is for; all of the resource without it. */
  name?: string;
}

/** The one thin client of the cluster, bound to one namespace. Errors are ApiError (an answer) or PromoteError `unreachable`. */
export interface Cluster {
  readonly namespace: string;
  readonly server: string;
  readonly connection: Connection;
  /** Requests sent until now, retries and watches included. */
  requests(): number;
  /** undefined where it does not exist. */
  get<T extends KubeObject>(resource: Resource<T>, name: string): Promise<T | undefined>;
  list<T extends KubeObject>(
    resource: Resource<T>,
    selection?: Selection,
    options?: ListOptions,
  ): Promise<List<T>>;
  /** Carries out a write; `dryRun` lets the server judge it and store nothing. The stored object, or undefined for a delete. */
  write(write: Write, options?: WriteOptions): Promise<KubeObject | undefined>;
  /**
   * A JSON merge patch (RFC 7396), of a subresource where one is named. A `metadata.resourceVersion` in it makes it conditional (409);
   * without, it must be one that may be carried out twice. The stored object.
   */
  patch<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    patch: object,
    options?: { subresource?: string },
  ): Promise<T>;
  /** The last lines of a container's log; `previous` for the run before a restart. */
  logs(
    pod: string,
    container: string,
    options: { lines: number; previous: boolean; signal?: AbortSignal },
  ): Promise<string>;
  /**
   * What a pod of any namespace answers to a GET, as text; asked through the API server, so that no way to the pods is needed. One try,
   * `timeoutMs` for all of it. An answer that is no success, the pod's own too, is an ApiError.
   */
  proxy(
    namespace: string,
    pod: string,
    port: number | string,
    path: string,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<string>;
  /** Whether the credentials carry that right (SelfSubjectAccessReview). */
  may(right: Right): Promise<boolean>;
}

/** A log is a help, and comes from a node that may be away. */
const LOG_TIMEOUT_MS = 2_000;
/** The largest page that is taken from a pod, unpacked. */
const PROXY_BYTES = 16 * 1024 * 1024;

/**
 * Every call is retried on a lost connection, 429 and 5xx, within a bound. That is safe for writes too: each carries the
 * resourceVersion or uid it was decided on, so that one that was taken, with its answer lost, ends as a conflict and is decided again.
 */
export function createCluster(
  connection: Connection,
  namespace: string,
  clock: Clock,
  options: { retries?: number; signal?: AbortSignal } = {},
): Cluster {
  const requests = createRequests(connection, clock, options);
  const { ask, send } = requests;
  return {
    namespace,
    server: connection.server,
    connection,
    requests: requests.sent,

    async get(resource, name) {
      const path = pathOf(resource, namespace, name);
      const answer = await send('GET', path);
      if (isNotFound(answer.status, answer.data)) return undefined;
      return objectIn(answer, `GET ${path}`);
    },

    async list<T extends KubeObject>(
      resource: Resource<T>,
      selection: Selection = {},
      { namespace: where = namespace, ...sending }: ListOptions = {},
    ) {
      const body = await ask<{ items: T[] | null; metadata: { resourceVersion: string } }>(
        'GET',
        pathOf(resource, where),
        undefined,
        { ...selection },
        sending,
      );
      return { items: body.items ?? [], resourceVersion: body.metadata.resourceVersion };
    },

    async write(write, { dryRun = false, ...sending } = {}) {
      const params = dryRun ? { dryRun: 'All' } : undefined;
      const { resource, object } = write;
      if (write.verb === 'create') {
        return ask<KubeObject>('POST', pathOf(resource, namespace), object, params, sending);
      }
      const path = pathOf(resource, namespace, object.metadata?.name ?? '');
      if (write.verb === 'update') return ask<KubeObject>('PUT', path, object, params, sending);
      const { uid, resourceVersion } = object.metadata ?? {};
      const deletion = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        // the Deployment stays until its pods are gone, so that "removed" means all of it
        propagationPolicy: 'Foreground',
        preconditions: { uid, resourceVersion },
        ...(dryRun ? { dryRun: ['All'] } : {}),
      };
      await ask('DELETE', path, deletion, undefined, sending);
      return undefined;
    },

    async patch(resource, name, patch, { subresource } = {}) {
      const path = pathOf(resource, namespace, name, subresource);
      // as text: axios would set its own content type for an object
      const type = 'application/merge-patch+json';
      return ask('PATCH', path, JSON.stringify(patch), undefined, { type });
    },

    async logs(pod, container, { lines, previous, signal }) {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
      const params = {
        container,
        tailLines: String(lines),
        limitBytes: '16384',
        ...(previous ? { previous: 'true' } : {}),
      };
      const { status, data } = await send('GET', path, undefined, params, {
        timeoutMs: LOG_TIMEOUT_MS,
        ...(signal ? { signal } : {}),
      });
      if (!isSuccess(status)) throw apiErrorOf(status, data, `GET ${path}`);
      return typeof data === 'string' ? data : JSON.stringify(data);
    },

    async proxy(of, pod, port, path, { timeoutMs, signal }) {
      const name = `${encodeURIComponent(pod)}:${encodeURIComponent(port)}`;
      // the path comes from a pod's annotation: steps up in it must end at the pod, not lead to the server's other objects
      const { pathname, search } = new URL(`http://pod/${path.replace(/^[/\\]+/, '')}`);
      const url = `/api/v1/namespaces/${encodeURIComponent(of)}/pods/${name}/proxy${pathname}${search}`;
      return requests.text(url, PROXY_BYTES, timeoutMs, signal);
    },

    async may({ verb, resource, subresource, namespace: where = namespace, name }) {
      const review = await ask<{ status?: { allowed?: boolean } }>(
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: {
            resourceAttributes: {
              ...(resource.namespaced ? { namespace: where } : {}),
              verb,
              group: resource.group,
              resource: resource.plural,
              ...(subresource === undefined ? {} : { subresource }),
              ...(name === undefined ? {} : { name }),
            },
          },
        },
      );
      return review.status?.allowed === true;
    },
  };
}

/** The name of what a write is about, for people: `Deployment/web-canary`. */
export function objectOf(write: Write): string {
  return nameOf(write.resource, write.object);
}
