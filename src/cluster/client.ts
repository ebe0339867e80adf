import type { Clock } from '../clock.ts';
import { isNotFound } from './api-error.ts';
import type { Connection } from './connect.ts';
import { type List, listPages } from './list-pages.ts';
import { type KubeObject, pathOf, type Resource } from './resource.ts';
import type { RequestOptions } from './transport/http.ts';
import type { OutageTracker } from './transport/outage.ts';
import { fetchFromPod, fetchLog, type LogOptions } from './transport/pod-calls.ts';
import { createRequests, objectIn, type Requests } from './transport/requests.ts';
import { retryConflicts, sendPatch, sendWrite, type Write, type WriteOptions } from './write.ts';

export interface Selection {
  labelSelector?: string;
  fieldSelector?: string;
}

/**
 * Where a list is made: the client's own namespace by default. `signal` ends the request, its retries and the
 * waits between them.
 */
export interface ListOptions<T extends KubeObject = KubeObject> {
  namespace?: string;
  signal?: AbortSignal;
  /** What to keep of an object, before the next page is read; undefined to drop it. All of it by default. */
  keep?: (object: T) => T | undefined;
}

/** A right of the credentials: one verb on one resource, in the namespace of the workload if no other is named. */
export interface Right {
  verb: string;
  resource: Resource<KubeObject>;
  subresource?: string;
  /** A namespace other than the workload's: that of a controller. */
  namespace?: string;
  /** The one object that it is for; all objects of the resource without it. */
  name?: string;
}

/**
 * The only client of the cluster, bound to one namespace. Errors are ApiError (an answer) or PromoteError
 * `unreachable`.
 */
export interface Cluster {
  readonly namespace: string;
  readonly server: string;
  readonly connection: Connection;
  /** What all requests and mirrors of this client report of outages of the API server. */
  readonly outage: OutageTracker;
  /** The number of requests sent until now, retries included, watches not. */
  requests(): number;
  /** undefined if it does not exist. */
  get<T extends KubeObject>(resource: Resource<T>, name: string): Promise<T | undefined>;
  list<T extends KubeObject>(
    resource: Resource<T>,
    selection?: Selection,
    options?: ListOptions<T>,
  ): Promise<List<T>>;
  /** Sends a write. The stored object, or undefined for a delete. */
  write(write: Write, options?: WriteOptions): Promise<KubeObject | undefined>;
  /**
   * Reads an object, changes it and writes it; after a conflict again, at most 5 times. An object that does
   * not exist is created. `change` returns undefined to write nothing; it may run several times. `onConflict`
   * is called before each try after the first.
   *
   * @returns the stored object; undefined if nothing was written
   * @throws the conflict of the last try, and what `change` throws
   */
  modify<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    change: (found: T | undefined) => T | undefined,
    onConflict?: (error: Error) => void,
  ): Promise<T | undefined>;
  /**
   * Sends a JSON merge patch (RFC 7396), of a subresource if one is named. A `metadata.resourceVersion` in it
   * makes it conditional (409); a patch without one must be idempotent, because it may be sent again. The
   * stored object.
   */
  patch<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    patch: object,
    options?: { subresource?: string },
  ): Promise<T>;
  /** The last lines of a container's log; with `previous` of the run before a restart. */
  logs(pod: string, container: string, options: LogOptions): Promise<string>;
  /**
   * The answer of a pod of any namespace to a GET, as text. The request goes through the API server, so this
   * machine needs no route to the pods. One try, `timeoutMs` for all of it. An answer that is not a success,
   * of the server or of the pod, is an ApiError.
   */
  proxy(
    namespace: string,
    pod: string,
    port: number | string,
    path: string,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<string>;
  /**
   * Whether the credentials have that right (SelfSubjectAccessReview), or another ServiceAccount of the namespace. To ask for
   * another one is a right of its own, that of an administrator: 403 without it.
   */
  may(right: Right, account?: string): Promise<boolean>;
}

/**
 * Makes a client. It retries every call on a lost connection, 429 and 5xx, within a bound. That is safe for
 * writes, too: each carries the resourceVersion or uid that it was decided on, so if the server took a write
 * and its answer was lost, the retry ends as a conflict and the caller decides again.
 */
export function createCluster(
  connection: Connection,
  namespace: string,
  clock: Clock,
  options: RequestOptions = {},
): Cluster {
  const requests = createRequests(connection, clock, options);
  const get: Cluster['get'] = (resource, name) => getObject(requests, pathOf(resource, namespace, name));
  const write: Cluster['write'] = (...args) => sendWrite(requests, namespace, ...args);
  return {
    namespace,
    server: connection.server,
    connection,
    outage: requests.outage,
    requests: requests.sent,
    get,
    list: (resource, selection = {}, { namespace: where = namespace, ...limits } = {}) =>
      listPages(requests, pathOf(resource, where), { ...selection }, limits),
    write,
    modify: (...args) => modifyObject(get, write, ...args),
    patch: (resource, name, patch, { subresource } = {}) =>
      sendPatch(requests, pathOf(resource, namespace, name, subresource), patch),
    logs: (...args) => fetchLog(requests, namespace, ...args),
    proxy: (...args) => fetchFromPod(requests, ...args),
    may: (...args) => hasRight(requests, namespace, ...args),
  };
}

async function getObject<T>({ send }: Requests, path: string): Promise<T | undefined> {
  const answer = await send('GET', path);
  if (isNotFound(answer.status, answer.data)) return undefined;
  return objectIn(answer, `GET ${path}`);
}

function modifyObject<T extends KubeObject>(
  get: Cluster['get'],
  write: Cluster['write'],
  resource: Resource<T>,
  name: string,
  change: (found: T | undefined) => T | undefined,
  onConflict?: (error: Error) => void,
): Promise<T | undefined> {
  return retryConflicts(async () => {
    const before = await get(resource, name);
    const object = change(before);
    if (!object) return undefined;
    const target = resource as Resource<KubeObject>;
    const stored = before
      ? await write({ verb: 'update', resource: target, object, before })
      : await write({ verb: 'create', resource: target, object });
    return stored as T;
  }, onConflict);
}

async function hasRight(
  { ask }: Requests,
  namespace: string,
  { verb, resource, subresource, name, ...right }: Right,
  account?: string,
): Promise<boolean> {
  const resourceAttributes = {
    ...(resource.namespaced ? { namespace: right.namespace ?? namespace } : {}),
    verb,
    group: resource.group,
    resource: resource.plural,
    ...(subresource === undefined ? {} : { subresource }),
    ...(name === undefined ? {} : { name }),
  };
  const isLocal = resourceAttributes.namespace === namespace;
  const { path, kind, subject } = reviewOf(namespace, account, isLocal);
  const review = await ask<{ status?: { allowed?: boolean } }>(
    'POST',
    `/apis/authorization.k8s.io/v1/${path}`,
    { data: { apiVersion: 'authorization.k8s.io/v1', kind, spec: { ...subject, resourceAttributes } } },
  );
  return review.status?.allowed === true;
}

/** How to ask for a right. The built-in ClusterRole `admin` may ask for other accounts of its own namespace alone. */
function reviewOf(namespace: string, account: string | undefined, isLocal: boolean) {
  if (account === undefined)
    return { path: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', subject: {} };
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  const subject = { user: `system:serviceaccount:${namespace}:${account}`, groups };
  return isLocal
    ? {
        path: `namespaces/${namespace}/localsubjectaccessreviews`,
        kind: 'LocalSubjectAccessReview',
        subject,
      }
    : { path: 'subjectaccessreviews', kind: 'SubjectAccessReview', subject };
}
