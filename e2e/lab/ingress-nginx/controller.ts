/** The pod of the controller, and the node that it is on. */
export const NAMESPACE = 'ingress-nginx';
export const POD = 'ingress-nginx-controller';
export const CONTAINER = 'controller';
/** A node of its own: the lab's own node must leave this pod alone. */
export const NODE = 'ingress-node';
/** Both the pod and its node have it, as with `hostNetwork`. */
export const ADDRESS = '10.0.0.2';
