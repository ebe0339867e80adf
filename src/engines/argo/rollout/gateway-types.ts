/**
 * The name of the plugin that writes weights into Gateway API routes, in a Rollout and in the controller's
 * ConfigMap.
 */
export const GATEWAY_PLUGIN = 'argoproj-labs/gatewayAPI';

/**
 * The plugin's part of `trafficRouting.plugins` (rollouts-plugin-trafficrouter-gatewayapi,
 * docs/features/multiple-routes.md), as far as this program writes it.
 */
export interface GatewayPlugin {
  httpRoute?: string;
  httpRoutes?: { name?: string }[];
  grpcRoute?: string;
  grpcRoutes?: { name?: string }[];
  /** The namespace of the routes; by default that of the Rollout. */
  namespace?: string;
}

/** The ConfigMap with the controller's settings, as its manifests and its Helm chart create it. */
export const CONTROLLER_CONFIG = { namespace: 'argo-rollouts', name: 'argo-rollouts-config' } as const;
