import type { KubeObject } from '../../world.ts';
import { ADDRESS, CONTAINER, NODE, POD } from './controller.ts';

/** The pod that a controller would run in: with the labels and the arguments of the chart. @param args that are its own */
export function controllerPod(name: string, args: readonly string[] = []): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { 'app.kubernetes.io/name': 'ingress-nginx', 'app.kubernetes.io/component': 'controller' },
    },
    spec: {
      nodeName: NODE,
      containers: [
        {
          name: CONTAINER,
          image: 'registry.k8s.io/ingress-nginx/controller:v1.11.1',
          args: ['/nginx-ingress-controller', `--configmap=$(POD_NAMESPACE)/${POD}`, ...args],
        },
      ],
    },
  };
}

/** The status of such a pod, as its node reports it. */
export const READY_POD: KubeObject = {
  status: {
    phase: 'Running',
    podIP: ADDRESS,
    podIPs: [{ ip: ADDRESS }],
    conditions: [{ type: 'Ready', status: 'True' }],
  },
};
