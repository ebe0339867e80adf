import type { Container, Pod } from 'kubernetes-types/core/v1';
import type { Cluster } from '../../cluster/client.ts';
import { pods } from '../../cluster/resource.ts';

/** The label that all charts of ingress-nginx put on the controller; its name label follows `nameOverride`. */
const COMPONENT = 'app.kubernetes.io/component=controller';
const NAME = 'app.kubernetes.io/name';
const IMAGE = /ingress-nginx\/controller|ingress-nginx-controller|nginx-ingress-controller/;

/**
 * The pods of ingress-nginx in a namespace, whoever has packed it: by the label of its charts and its name, image
 * or command. If there is none with that label, all pods of the namespace are looked at, because AKS and old
 * manifests have other labels.
 */
export async function listControllers(
  cluster: Cluster,
  namespace: string,
  signal?: AbortSignal,
): Promise<Pod[]> {
  const limits = { namespace, ...(signal ? { signal } : {}) };
  const { items } = await cluster.list(pods, { labelSelector: COMPONENT }, limits);
  const found = items.filter(isController);
  if (found.length > 0) return found;
  return (await cluster.list(pods, {}, limits)).items.filter(isController);
}

/** Whether a pod is one of ingress-nginx. */
export function isController({ metadata, spec }: Pod): boolean {
  const name = metadata?.labels?.[NAME] ?? '';
  const isNamed =
    /(^|-)ingress-nginx$/.test(name) && metadata?.labels?.['app.kubernetes.io/component'] === 'controller';
  return isNamed || (spec?.containers ?? []).some(runsController);
}

function runsController({ image = '', args = [], command = [] }: Container): boolean {
  return (
    IMAGE.test(image) || [...command, ...args].some((word) => word.endsWith('/nginx-ingress-controller'))
  );
}
