import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../node/api.ts';
import { type Running, start } from '../process.ts';
import { apply, applyCrds } from './crds.ts';

export interface Options {
  kubeconfig: string;
  /** The built controller. */
  controller: string;
  /** A file with its CRDs, JSON. */
  crds: string;
  runDir: string;
}

/** Its own ports, 8080 and 8090, listen on all addresses, and would take the pods' away. */
const HEALTH_PORT = 10280;
const METRICS_PORT = 10281;

/** Applies the CRDs of Argo Rollouts and starts its controller. */
export async function startArgoRollouts({ kubeconfig, controller, crds, runDir }: Options): Promise<Running> {
  const api = await connect(kubeconfig);
  await apply(api, '/api/v1/namespaces/argo-rollouts', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'argo-rollouts' },
  });
  await applyCrds(api, crds);
  return start({
    name: 'argo-rollouts',
    command: controller,
    args: [
      `--kubeconfig=${kubeconfig}`,
      // its predecessor, killed, would hold the lease for 15 s more
      '--leader-elect=false',
      `--healthzPort=${HEALTH_PORT}`,
      `--metricsPort=${METRICS_PORT}`,
    ],
    cwd: runDir,
    // it copies its plugins here, and cannot write over one that its predecessor, killed, has left running
    prepare: () => rmSync(join(runDir, 'plugin-bin'), { recursive: true, force: true }),
    log: join(runDir, 'argo-rollouts.log'),
    async ready() {
      const url = `http://10.0.0.1:${HEALTH_PORT}/healthz`;
      return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
    },
  });
}
