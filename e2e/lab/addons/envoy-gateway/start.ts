import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENVOY_EDGE } from '../../../gateway.ts';
import type { KubeObject } from '../../../world.ts';
import { connect, type NodeApi } from '../../node/api.ts';
import { type Running, start } from '../../process.ts';
import { apply, applyCrds } from '../crds.ts';
import { CONTROLLER, CONTROLLER_SETTINGS, LAB_END, NAMESPACE, NODE, OBJECTS } from './objects.ts';
import { ownNetwork } from './own-network.ts';
import { withOwnRoot } from './own-root.ts';
import { keepVolume } from './volumes.ts';

export interface Options {
  kubeconfig: string;
  controller: string;
  proxy: string;
  /** Files with CRDs, JSON. */
  crds: readonly string[];
  runDir: string;
}

/**
 * Starts the real Envoy Gateway with its defaults, which makes the Deployment of its proxy; a node of its own runs that pod's Envoy. The
 * controller listens on all addresses, so that it has a network of its own.
 */
export async function startEnvoyGateway(options: Options): Promise<Running> {
  const { kubeconfig, controller, crds, runDir } = options;
  const api = await connect(kubeconfig);
  for (const file of crds) await applyCrds(api, file);
  for (const [path, object] of OBJECTS) await apply(api, path, object);
  const env = { KUBECONFIG: kubeconfig, ENVOY_GATEWAY_NAMESPACE: NAMESPACE };
  mkdirSync(runDir, { recursive: true });
  execFileSync(controller, ['certgen', '--disable-topology-injector'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await startNode(api, options);
  const certs = join(runDir, 'certs');
  await keepVolume(api, NAMESPACE, { name: 'certs', secret: { secretName: 'envoy-gateway' } }, certs);
  const settings = join(runDir, 'envoy-gateway.yaml');
  writeFileSync(settings, JSON.stringify(CONTROLLER_SETTINGS));
  const network = await ownNetwork({ lab: LAB_END, own: CONTROLLER });
  const served = [controller, 'server', '--config-path', settings];
  const [command = '', ...args] = [
    ...network,
    ...withOwnRoot(join(runDir, 'root'), { '/certs': certs }, served),
  ];
  return start({
    name: 'envoy-gateway',
    command,
    args,
    env,
    log: join(runDir, 'controller.log'),
    ready: () => isProgrammed(api),
  });
}

async function startNode(
  api: NodeApi,
  { kubeconfig, proxy, runDir }: Pick<Options, 'kubeconfig' | 'proxy' | 'runDir'>,
): Promise<void> {
  await start({
    name: NODE,
    command: process.execPath,
    args: [new URL('node.ts', import.meta.url).pathname],
    env: { KUBECONFIG: kubeconfig, ENVOY: proxy, NODE_FOLDER: join(runDir, 'pods') },
    log: join(runDir, 'node.log'),
    ready: async () => (await api.call('GET', `/api/v1/nodes/${NODE}`)) !== undefined,
  });
}

/** The Gateway is programmed once its proxy is ready. */
async function isProgrammed(api: NodeApi): Promise<boolean> {
  const { namespace, name } = ENVOY_EDGE;
  const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/gateways/${name}`;
  const { status } = (await api.call('GET', path)) as KubeObject;
  return (status?.conditions ?? []).some(
    (each: { type: string; status: string }) => each.type === 'Programmed' && each.status === 'True',
  );
}
