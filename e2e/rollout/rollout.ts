import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { deploymentOf, ingressOf, paths, REPO, serviceOf } from '../app.ts';
import type { KubeObject, World } from '../world.ts';

export const rolloutsPath = (namespace: string) =>
  `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts`;

export interface RolloutApp {
  tag?: string;
  replicas?: number;
  /** Where its pods are described: in the Rollout itself, or in Deployment/web, which has none of its own then. */
  template: 'own' | 'workloadRef';
  /** `spec.strategy.canary.steps`. */
  steps?: KubeObject[];
  /** Merged over the canary strategy. */
  canary?: KubeObject;
  /** In place of a canary. */
  blueGreen?: KubeObject;
}

/** The app of the scenarios with a Rollout named `web` over it, canaries by its Ingress; waits until users are served. */
export async function deployRollout(
  world: World,
  {
    tag = '1.0.0',
    replicas = 4,
    template,
    steps = [{ setWeight: 20 }, { pause: { duration: '3s' } }],
    canary,
    blueGreen,
  }: RolloutApp,
): Promise<void> {
  const at = paths(world.namespace);
  const deployment = deploymentOf(tag, 0);
  if (template === 'workloadRef') await world.api.create(at.deployments, deployment);
  for (const name of ['web', 'web-canary']) await world.api.create(at.services, serviceOf(name, 'web'));
  await world.api.create(at.ingresses, ingressOf('web', world.host, [['/', 'web']]));
  await world.api.create(rolloutsPath(world.namespace), {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: deployment.spec.selector,
      ...(template === 'own'
        ? { template: deployment.spec.template }
        : { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } }),
      strategy: blueGreen
        ? { blueGreen }
        : {
            canary: {
              stableService: 'web',
              canaryService: 'web-canary',
              trafficRouting: { nginx: { stableIngress: 'web' } },
              steps,
              ...canary,
            },
          },
    },
  });
  await world.until('Rollout/web is healthy', () => rolledTo(world, tag));
  // the router's queue gets quiet
  await world.sleep(8000);
}

/** Sets the image where the pods are described, as `kubectl argo rollouts set image` does. */
export async function setRolloutImage(
  world: World,
  template: RolloutApp['template'],
  tag: string,
): Promise<void> {
  const folder = template === 'own' ? rolloutsPath(world.namespace) : paths(world.namespace).deployments;
  const { containers } = deploymentOf(tag, 0).spec.template.spec;
  await world.api.patch(`${folder}/web`, { spec: { template: { spec: { containers } } } });
}

/** Whether every user is on the tag: the phase alone is not enough, it lags behind a change of the template. */
export async function rolledTo(world: World, tag: string): Promise<boolean> {
  const rollout = await world.api.get(`${rolloutsPath(world.namespace)}/web`);
  const { phase, currentPodHash, stableRS } = rollout?.status ?? {};
  if (phase !== 'Healthy' || currentPodHash === undefined || currentPodHash !== stableRS) return false;
  const sets = await world.api.list(
    `/apis/apps/v1/namespaces/${world.namespace}/replicasets?labelSelector=rollouts-pod-template-hash=${stableRS}`,
  );
  return sets.some(({ spec }) => spec.template.spec.containers[0].image === `${REPO}:${tag}`);
}

/** Waits until Service/web is the only one, and for the app's pods again: what is deleted in the foreground stays for a moment. */
export async function onlyServiceIsLeft(world: World): Promise<void> {
  const services = async () =>
    (await world.api.list(paths(world.namespace).services)).map(({ metadata, spec }) => [
      metadata.name,
      spec.selector,
    ]);
  const asBefore = [['web', { app: 'web' }]];
  const isLeft = async () => isDeepStrictEqual(await services(), asBefore);
  await world.until('Service/web is the only one', isLeft, 10_000).catch(() => {});
  assert.deepEqual(await services(), asBefore);
}
