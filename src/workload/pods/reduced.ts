import type { Container, Pod } from 'kubernetes-types/core/v1';

/**
 * A pod without what nothing here reads: volumes, tolerations, and what the containers are given. There may be a
 * thousand pods, and most of a pod is that.
 */
export function reducedPod(pod: Pod): Pod {
  const { containers = [], initContainers } = pod.spec ?? {};
  return {
    ...pod,
    spec: {
      containers: containers.map(reducedContainer),
      ...(initContainers ? { initContainers: initContainers.map(reducedContainer) } : {}),
    },
  };
}

function reducedContainer(container: Container): Container {
  const { env, envFrom, volumeMounts, resources, securityContext, lifecycle, args, command, ...rest } =
    container;
  return rest;
}
