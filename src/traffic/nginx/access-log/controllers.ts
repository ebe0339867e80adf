import type { Container, Pod } from 'kubernetes-types/core/v1';
import type { PodLog } from '../../pod-log/follow-pod.ts';

/**
 * The log of a controller's pod; undefined if the pod does not run. A pod that is being deleted still serves
 * users.
 */
export function controllerLog(pod: Pod): PodLog | undefined {
  const container = controllerContainer(pod);
  const { uid = '', namespace = '', name = '' } = pod.metadata ?? {};
  if (pod.status?.phase !== 'Running' || !container) return undefined;
  return { key: uid, namespace, pod: name, container: container.name };
}

/**
 * The value of an argument that the controller is started with (`--configmap=…`, or the next word); undefined
 * without the argument.
 */
export function argumentOf(pod: Pod, name: string): string | undefined {
  const { args = [], command = [] } = controllerContainer(pod) ?? {};
  const words = [...command, ...args];
  const forms = [`--${name}`, `-${name}`];
  const at = words.findIndex((word) => forms.includes(word.split('=', 1)[0] ?? ''));
  const word = words[at];
  if (word === undefined) return undefined;
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : words[at + 1];
}

/** Which ConfigMap the controller reads (`--configmap`); undefined if it is started without one. */
export function configMapOf(pod: Pod): { namespace: string; name: string } | undefined {
  const value = argumentOf(pod, 'configmap');
  if (value === undefined) return undefined;
  const [namespace, name] = value.replaceAll('$(POD_NAMESPACE)', pod.metadata?.namespace ?? '').split('/');
  return namespace && name ? { namespace, name } : undefined;
}

/** The container of nginx. A mesh or a log shipper may have added others. */
function controllerContainer({ spec }: Pod): Container | undefined {
  const containers = spec?.containers ?? [];
  const isController = ({ args = [], command = [] }: Container) =>
    [...command, ...args].some((word) => word.endsWith('/nginx-ingress-controller'));
  return (
    containers.find(isController) ??
    containers.find(({ name }) => name === 'controller' || name.endsWith('ingress-nginx-controller')) ??
    containers[0]
  );
}
