import type { Container, PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { KubeObject } from '../../../cluster/resource.ts';
import { CHANGE_CAUSE, type ContainerImage, type Kind, sameImage } from '../forecast/workload.ts';

interface Templated extends KubeObject {
  spec?: { template?: PodTemplateSpec; jobTemplate?: { spec?: { template?: PodTemplateSpec } } };
}

/**
 * A workload with the images of before in the containers that have `image` now; undefined where none has it any more: somebody else has
 * written since.
 *
 * @param cause for `kubectl rollout history`
 */
export function revertImages(
  kind: Kind,
  object: KubeObject,
  before: readonly ContainerImage[],
  image: string,
  cause: string,
): KubeObject | undefined {
  const copy = structuredClone(object) as Templated;
  const template = kind === 'cronjob' ? copy.spec?.jobTemplate?.spec?.template : copy.spec?.template;
  const back = (containers: Container[] | undefined, init: boolean): boolean[] =>
    (containers ?? []).map((container) => {
      const own = before.find((each) => each.name === container.name && each.init === init);
      if (!own || !sameImage(container.image ?? '', image)) return false;
      container.image = own.image;
      return true;
    });
  const written = [...back(template?.spec?.containers, false), ...back(template?.spec?.initContainers, true)];
  if (!written.includes(true)) return undefined;
  copy.metadata = {
    ...copy.metadata,
    annotations: { ...copy.metadata?.annotations, [CHANGE_CAUSE]: cause },
  };
  return copy;
}
