import { GATEWAY_PLUGIN } from '../../gateway.ts';
import { connect } from '../node/api.ts';
import type { Running } from '../process.ts';
import { apply, applyCrds } from './crds.ts';

export interface Options {
  kubeconfig: string;
  /** A file with the CRDs of Gateway API's standard channel, JSON. */
  crds: string;
  /** The built plugin of Argo Rollouts' controller, which starts it. */
  plugin: string;
}

/**
 * Gateway API as far as the lab has it: its CRDs, and the plugin in the settings of Argo Rollouts' controller. No gateway, which would carry
 * requests. Nothing runs, so that there is nothing to stop.
 */
export async function startGatewayApi({ kubeconfig, crds, plugin }: Options): Promise<Running> {
  const api = await connect(kubeconfig);
  await applyCrds(api, crds);
  const namespace = 'argo-rollouts';
  const plugins = [
    { name: GATEWAY_PLUGIN, location: `file://${plugin}`, args: [`-kubeconfig=${kubeconfig}`] },
  ];
  await apply(api, `/api/v1/namespaces/${namespace}`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  await apply(api, `/api/v1/namespaces/${namespace}/configmaps/argo-rollouts-config`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argo-rollouts-config', namespace },
    data: { trafficRouterPlugins: JSON.stringify(plugins) },
  });
  return { name: 'gateway-api', async stop() {}, async start() {}, async restart() {} };
}
