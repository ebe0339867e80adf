import type { KubeObject, Resource } from './resource.ts';

/**
 * A write as data, made by pure functions and carried out at the edge. An update is a whole object with the resourceVersion that the
 * decision was made on, so that it fails when anybody has written meanwhile; a delete carries the uid and the resourceVersion.
 */
export type Write =
  | { verb: 'create'; resource: Resource<KubeObject>; object: KubeObject }
  | { verb: 'update'; resource: Resource<KubeObject>; object: KubeObject; before: KubeObject }
  | { verb: 'delete'; resource: Resource<KubeObject>; object: KubeObject };
