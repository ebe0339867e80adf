/** A real program that only some scenarios need: a lab starts it for the first of them, the others pay nothing for it. */
export type Addon = 'argo-rollouts' | 'gateway-api' | 'prometheus';
