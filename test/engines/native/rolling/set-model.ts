import type { ControllerRevision, StatefulSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import type { Write } from '../../../../src/cluster/write.ts';
import { seenOf, set } from './fixtures.ts';

/** The revision of an image: db:1 is that of db-1. */
const revisionOf = (image: string) => image.replace(':', '-');

/** StatefulSet/db and its pods, whose controller moves when it is told to: one pod at a time, from the highest ordinal down. */
export function createSet() {
  let version = 1;
  let object: StatefulSet = { ...set('db:1'), metadata: { ...set('db:1').metadata, resourceVersion: '1' } };
  let images: (string | undefined)[] = ['db:1', 'db:1', 'db:1', 'db:1'];
  const imageOf = ({ spec }: StatefulSet) => spec?.template.spec?.containers[0]?.image ?? '';
  const revisions = seenOf().before as ControllerRevision;
  const podOf = (image: string, index: number): Pod => ({
    metadata: {
      name: `db-${index}`,
      labels: { app: 'db', 'controller-revision-hash': revisionOf(image) },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: '', controller: true },
      ],
    },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
  return {
    image: () => imageOf(object),
    images: () => images.flatMap((image) => image ?? []),
    object: () => object,
    /** false where the write met a conflict. */
    apply({ verb, object: given }: Write): boolean {
      if (verb === 'delete') {
        images = images.map((image, index) => (given.metadata?.name === `db-${index}` ? undefined : image));
        return true;
      }
      if (given.metadata?.resourceVersion !== object.metadata?.resourceVersion) return false;
      const generation = (object.metadata?.generation ?? 0) + 1;
      object = { ...(given as StatefulSet) };
      object.metadata = { ...object.metadata, generation, resourceVersion: String(++version) };
      return true;
    },
    settle() {
      const image = imageOf(object);
      const partition = object.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
      const due = images.findLastIndex((each, index) => index >= partition && each !== image);
      const below = images.lastIndexOf(undefined);
      const next = Math.max(due, below);
      images = images.map((each, index) => (index === next ? (index >= partition ? image : 'db:1') : each));
      const isCurrent = images.every((each) => each === image);
      object = {
        ...object,
        status: {
          observedGeneration: object.metadata?.generation ?? 0,
          replicas: 4,
          readyReplicas: images.filter((each) => each !== undefined).length,
          updatedReplicas: images.filter((each) => each === image).length,
          currentRevision: isCurrent ? revisionOf(image) : 'db-1',
          updateRevision: revisionOf(image),
        },
      };
      object.metadata = { ...object.metadata, resourceVersion: String(++version) };
    },
    snapshot: () => ({
      sets: [object],
      revisions: [revisions],
      pods: images.flatMap((image, index) => (image === undefined ? [] : [podOf(image, index)])),
    }),
  };
}
