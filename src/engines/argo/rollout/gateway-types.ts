import { type KubeObject, resource } from '../../../cluster/resource.ts';

/**
 * The name by which a Rollout, and the controller's ConfigMap, call the plugin that writes weights into the
 * routes of Gateway API.
 */
export const GATEWAY_PLUGIN = 'argoproj-labs/gatewayAPI';

/**
 * `trafficRouting.plugins` of it (rollouts-plugin-trafficrouter-gatewayapi,
 * docs/features/multiple-routes.md); it takes more.
 */
export interface GatewayPlugin {
  httpRoute?: string;
  httpRoutes?: { name?: string }[];
  grpcRoute?: string;
  grpcRoutes?: { name?: string }[];
  /** Of the routes; that of the Rollout where it is left out. */
  namespace?: string;
}

/** By which a namespace lets the routes of others send to its Services. */
interface ReferenceGrant extends KubeObject {
  spec?: {
    from?: { group?: string; kind?: string; namespace?: string }[];
    to?: { group?: string; kind?: string; name?: string }[];
  };
}

export const referenceGrants = resource<ReferenceGrant>(
  'gateway.networking.k8s.io/v1beta1',
  'referencegrants',
  'ReferenceGrant',
);

/** The ConfigMap of the controller's settings, where its manifests and its Helm chart put it. */
export const CONTROLLER_CONFIG = { namespace: 'argo-rollouts', name: 'argo-rollouts-config' } as const;
