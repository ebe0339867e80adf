import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../node/api.ts';
import { type Running, start } from '../../process.ts';
import { apply, applyCrds } from '../crds.ts';
import { ADMIN, bootstrap } from './bootstrap.ts';
import { createObjects, NAMESPACE, XDS } from './objects.ts';

export interface Options {
  kubeconfig: string;
  /** istiod. */
  controller: string;
  /** Envoy. */
  proxy: string;
  /** A file with Istio's CRDs, JSON. */
  crds: string;
  runDir: string;
}

/** Without TLS between istiod and its proxies, because there is no agent that would have certificates. */
const MESH = { enableAutoMtls: false, enablePrometheusMerge: false };

/** Starts istiod, and a plain Envoy as the gateway. */
export async function startIstio({ kubeconfig, controller, proxy, crds, runDir }: Options): Promise<Running> {
  mkdirSync(runDir, { recursive: true });
  const api = await connect(kubeconfig);
  await applyCrds(api, crds);
  await apply(api, `/api/v1/namespaces/${NAMESPACE}`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE },
  });
  await createObjects(api);
  // YAML has JSON in it
  writeFileSync(join(runDir, 'mesh.yaml'), JSON.stringify(MESH));
  writeFileSync(join(runDir, 'envoy.json'), JSON.stringify(bootstrap()));
  const istiod = await start({
    name: 'istiod',
    command: controller,
    args: [
      'discovery',
      `--kubeconfig=${kubeconfig}`,
      `--grpcAddr=${XDS.address}:${XDS.port}`,
      `--httpAddr=${XDS.address}:8080`,
      `--httpsAddr=${XDS.address}:15017`,
      `--secureGRPCAddr=${XDS.address}:15012`,
      `--monitoringAddr=${XDS.address}:15014`,
      `--meshConfig=${join(runDir, 'mesh.yaml')}`,
    ],
    env: {
      POD_NAME: 'istiod',
      POD_NAMESPACE: NAMESPACE,
      CLUSTER_ID: 'Kubernetes',
      ENABLE_LEADER_ELECTION: 'false',
      PILOT_ENABLE_METADATA_EXCHANGE: 'false',
    },
    cwd: runDir,
    log: join(runDir, 'istiod.log'),
    ready: () => answers(`http://${XDS.address}:8080/ready`),
  });
  const envoy = await start({
    name: 'istio-ingressgateway',
    command: proxy,
    args: ['-c', join(runDir, 'envoy.json'), '--concurrency', '1', '--base-id', '6'],
    log: join(runDir, 'envoy.log'),
    ready: () => answers(`http://${ADMIN.address}:${ADMIN.port}/ready`),
  });
  return {
    name: 'istio',
    async stop() {
      await envoy.stop();
      await istiod.stop();
    },
    async start() {
      await istiod.start();
      await envoy.start();
    },
    restart: (downMs) => istiod.restart(downMs),
  };
}

async function answers(url: string): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
}
