import { isConflict } from './api-error.ts';
import { type KubeObject, nameOf, objectName, pathOf, type Resource } from './resource.ts';
import type { RequestLimits, Requests } from './transport/requests.ts';

/**
 * A write as data: pure functions make it, the client sends it. An update is a whole object with the
 * resourceVersion that the decision was made on, so that it fails if the object has changed since; a delete
 * carries the uid and the resourceVersion for the same reason.
 */
export type Write =
  | { verb: 'create'; resource: Resource<KubeObject>; object: KubeObject }
  | { verb: 'update'; resource: Resource<KubeObject>; object: KubeObject; before: KubeObject }
  | { verb: 'delete'; resource: Resource<KubeObject>; object: KubeObject };

/** How a write is sent. `dryRun`: the server checks the write and stores nothing. */
export interface WriteOptions extends RequestLimits {
  dryRun?: boolean;
}

/** The name of the object of a write, for people: `Deployment/web-canary`. */
export function objectOf(write: Write): string {
  return nameOf(write.resource, write.object);
}

/** The owner of the fields that this program writes, in `metadata.managedFields`. */
const FIELD_MANAGER = { fieldManager: 'drone-promote' };

/** Sends a write. @returns the stored object; undefined for a delete */
export async function sendWrite(
  { ask }: Requests,
  namespace: string,
  { verb, resource, object }: Write,
  { dryRun = false, ...limits }: WriteOptions = {},
): Promise<KubeObject | undefined> {
  if (verb === 'delete') {
    await ask(
      'DELETE',
      pathOf(resource, namespace, objectName(object)),
      { data: deletionOf(object, dryRun) },
      limits,
    );
    return undefined;
  }
  const params = { ...FIELD_MANAGER, ...(dryRun ? { dryRun: 'All' } : {}) };
  return verb === 'create'
    ? ask('POST', pathOf(resource, namespace), { data: object, params }, limits)
    : ask('PUT', pathOf(resource, namespace, objectName(object)), { data: object, params }, limits);
}

/** Sends a JSON merge patch. @returns the stored object */
export function sendPatch<T extends KubeObject>({ ask }: Requests, path: string, patch: object): Promise<T> {
  // as text, because axios sets its own content type for an object
  return ask('PATCH', path, {
    data: JSON.stringify(patch),
    params: FIELD_MANAGER,
    type: 'application/merge-patch+json',
  });
}

const MAX_TRIES = 5;

/**
 * Tries a write again after a conflict, at most 5 times. Each try must read or compute its write anew.
 *
 * @param onConflict runs between two tries; what it throws ends them
 * @throws the conflict of the last try, and every other error at once
 */
export async function retryConflicts<R>(
  attempt: () => Promise<R>,
  onConflict: (error: Error) => Promise<void> | void = () => {},
): Promise<R> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isConflict(error) || tries === MAX_TRIES) throw error;
      await onConflict(error);
    }
  }
}

function deletionOf({ metadata: { uid, resourceVersion } = {} }: KubeObject, dryRun: boolean): object {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    // a Deployment exists until its pods are gone, so that "removed" means all of it
    propagationPolicy: 'Foreground',
    preconditions: { uid, resourceVersion },
    ...(dryRun ? { dryRun: ['All'] } : {}),
  };
}
