/** The pod of the controller, and the node that it is on. */
export const NAMESPACE = 'ingress-nginx';
export const POD = 'ingress-nginx-controller';
export const CONTAINER = 'controller';
/** A node of its own: the lab's own node must leave this pod alone. */
export const NODE = 'ingress-node';
/** Both the pod and its node have it, as with `hostNetwork`. */
export const ADDRESS = '10.0.0.2';

/** A second controller beside the first, for a class and annotations of its own. The addon `internal-nginx` starts it. */
export const INTERNAL = {
  pod: 'internal-nginx-controller',
  ingressClass: 'internal',
  controllerClass: 'example.com/internal-nginx',
  prefix: 'internal.example.com',
  port: 8090,
} as const;

/** What its container prints. @param runDir the folder of the first controller */
export function internalLog(runDir: string): string {
  return `${runDir}/internal-log/controller.log`;
}
