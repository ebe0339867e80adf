import type { Clock } from '../../../clock.ts';
import { isStatus } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { type Mirror, startMirror } from '../../../cluster/mirror.ts';
import * as core from '../../../cluster/resource.ts';
import { objectOf, retryConflicts, type Write } from '../../../cluster/write.ts';
import { PromoteError } from '../../../errors.ts';
import { withImages } from '../../../workload/canary-copy.ts';
import { containersFor as chooseContainers } from '../../../workload/containers-for.ts';
import { reducedPod } from '../../../workload/pods/reduced.ts';
import type { Wanted } from './observed.ts';
import { carries, type Snapshot, takeSnapshot, templateOf } from './snapshot.ts';
import * as argo from './types.ts';

/**
 * Lists and watches a Rollout and what it owns.
 *
 * @throws PromoteError `argo-rollouts` if the cluster does not know Rollouts
 */
export async function mirrorOf(cluster: Cluster, rollout: string, clock: Clock): Promise<Mirror> {
  const found = await findRollout(cluster, rollout);
  const hashed = { labelSelector: podsSelector(found) };
  const ref = found.spec?.workloadRef?.name;
  return startMirror(
    cluster,
    [
      { resource: argo.rollouts, names: [rollout] },
      ...(ref === undefined ? [] : [{ resource: core.deployments, names: [ref] }]),
      { resource: core.replicaSets, ...hashed },
      { resource: core.pods, ...hashed, reduce: reducedPod },
      { resource: argo.analysisRuns },
      { resource: argo.experiments },
    ],
    clock,
  );
}

/**
 * Selects what a Rollout has made: by its own selector, so that the pods of other Rollouts are not watched. With
 * a workloadRef the selector is in the Deployment, and the label that all Rollouts set has to do.
 */
export function podsSelector({ spec }: argo.Rollout): string {
  const labels = Object.entries(spec?.selector?.matchLabels ?? {});
  return [argo.HASH_LABEL, ...labels.map(([key, value]) => `${key}=${value}`)].join(',');
}

/**
 * The Rollout; undefined if it does not exist. @throws PromoteError `argo-rollouts` if the cluster does not
 * know Rollouts
 */
export function rolloutOrNone(cluster: Cluster, name: string): Promise<argo.Rollout | undefined> {
  return cluster.get(argo.rollouts, name).catch((error: unknown) => {
    if (!isStatus(error, 404)) throw error;
    throw new PromoteError(
      'argo-rollouts',
      'The cluster does not know Rollouts: Argo Rollouts is not installed.',
      {
        cause: error,
        hint: [
          'kubectl create namespace argo-rollouts',
          'kubectl apply -n argo-rollouts --server-side -f https://github.com/argoproj/argo-rollouts/releases/latest/download/install.yaml',
          'or: helm install argo-rollouts argo-rollouts --repo https://argoproj.github.io/argo-helm -n argo-rollouts --create-namespace',
        ].join('\n'),
      },
    );
  });
}

/** The Rollout. @throws PromoteError `argo-rollouts`, `workload` or `workload-ref` */
export async function findRollout(cluster: Cluster, name: string): Promise<argo.Rollout> {
  const { namespace } = cluster;
  const found = await rolloutOrNone(cluster, name);
  if (!found) {
    throw new PromoteError('workload', `There is no Rollout/${name} in namespace ${namespace}.`, {
      hint: `To list the Rollouts: kubectl -n ${namespace} get rollouts. To make one from a Deployment, set \`bootstrap: true\`.`,
    });
  }
  const ref = found.spec?.workloadRef;
  if (ref && ref.kind !== 'Deployment') {
    throw new PromoteError(
      'workload-ref',
      `The workloadRef of Rollout/${name} is a ${ref.kind}; only a Deployment can be promoted.`,
    );
  }
  return found;
}

/**
 * The containers that get the release, and the image that they run now.
 *
 * @throws PromoteError `container` or `workload-ref`
 */
export function containersFor(
  seen: Snapshot,
  image: string,
  container: string | undefined,
): { images: Record<string, string>; from: string } {
  const template = templateOf(seen);
  const ref = seen.rollout?.spec?.workloadRef?.name;
  const where = ref === undefined ? `Rollout/${seen.rollout?.metadata?.name}` : `Deployment/${ref}`;
  if (!template) {
    throw new PromoteError(
      'workload-ref',
      `The pod template of the Rollout is in ${where}, which does not exist.`,
    );
  }
  const chosen = chooseContainers(template, where, image, container);
  if ('misfit' in chosen) {
    throw new PromoteError('container', chosen.misfit.message, { hint: chosen.misfit.hint });
  }
  return { images: Object.fromEntries(chosen.names.map((name) => [name, image])), from: chosen.from };
}

/** What the controller must have processed, if this step writes nothing. */
export function wantedNow({ rollout, workload }: Snapshot, images: Wanted['images']): Wanted {
  return {
    images,
    generation: rollout?.metadata?.generation ?? 0,
    workloadGeneration: workload?.metadata?.generation,
  };
}

/**
 * The write that sets the image in the template of a snapshot. Pure.
 *
 * @param template the template to start from (a rollback to an older revision); by default the current one
 * @throws PromoteError `workload` if the Rollout or its workload does not exist any more
 */
export function templateWrite(
  seen: Snapshot,
  rollout: string,
  images: Wanted['images'],
  template?: NonNullable<ReturnType<typeof templateOf>>,
): Extract<Write, { verb: 'update' }> {
  const now = templateOf(seen);
  if (!seen.rollout || !now) {
    throw new PromoteError('workload', `Rollout/${rollout}, or its workload, was deleted meanwhile.`);
  }
  const base = template ?? now;
  const made = { ...base, spec: withImages(base.spec ?? { containers: [] }, images) };
  const owner = seen.rollout.spec?.workloadRef ? seen.workload : seen.rollout;
  const resource = (
    owner === seen.workload ? core.deployments : argo.rollouts
  ) as core.Resource<core.KubeObject>;
  // objects from a list have neither apiVersion nor kind
  const kind = { apiVersion: `${resource.group}/${resource.version}`, kind: resource.kind };
  const before: core.KubeObject = { ...kind, ...owner };
  const object: core.KubeObject = Object.assign({ ...before }, { spec: { ...owner?.spec, template: made } });
  return { verb: 'update', resource, object, before };
}

/**
 * Sets the image in the template. Tries again after a conflict, because the controller writes its status into
 * the same object.
 *
 * @param template the template to start from (a rollback to an older revision); by default the current one
 */
export async function writeTemplate(
  cluster: Cluster,
  mirror: Mirror,
  rollout: string,
  images: Wanted['images'],
  template?: NonNullable<ReturnType<typeof templateOf>>,
): Promise<{ wanted: Wanted; object: string }> {
  const nextWrite = () => templateWrite(takeSnapshot(mirror, rollout), rollout, images, template);
  return retryConflicts(
    async () => {
      const write = nextWrite();
      const stored = await cluster.write(write);
      if (stored) mirror.put(write.resource, stored);
      return { wanted: wantedNow(takeSnapshot(mirror, rollout), images), object: objectOf(write) };
    },
    () => {
      const { resource, object } = nextWrite();
      return mirror.refresh(resource, core.objectName(object));
    },
  );
}

/** Whether the template has the image already. */
export function hasImage(seen: Snapshot, images: Wanted['images']): boolean {
  return carries(templateOf(seen), images);
}
