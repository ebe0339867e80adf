import { join } from 'node:path';
import { edgeObjects } from '../../gateway.ts';
import { connect } from '../node/api.ts';
import { type Running, start } from '../process.ts';
import { TRAEFIK } from '../users-address.ts';
import { apply, applyCrds } from './crds.ts';

export interface Options {
  kubeconfig: string;
  program: string;
  /** A file with the CRDs of Gateway API's standard channel, JSON. */
  crds: string;
  runDir: string;
}

const OWN_PORT = 8082;

/** Applies the CRDs of Gateway API and starts Traefik with its defaults, which serves one Gateway for routes of all namespaces. */
export async function startTraefik({ kubeconfig, program, crds, runDir }: Options): Promise<Running> {
  const api = await connect(kubeconfig);
  await applyCrds(api, crds);
  await apply(api, '/api/v1/namespaces/edge', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'edge' },
  });
  for (const [path, object] of edgeObjects('traefik.io/gateway-controller', TRAEFIK.port)) {
    await apply(api, `${path}/edge`, object);
  }
  return start({
    name: 'traefik',
    command: program,
    args: [
      // a listener of a Gateway takes the entrypoint that has its port
      `--entrypoints.web.address=${TRAEFIK.address}:${TRAEFIK.port}`,
      `--entrypoints.traefik.address=${TRAEFIK.address}:${OWN_PORT}`,
      '--providers.kubernetesgateway=true',
      `--providers.kubernetesgateway.statusaddress.ip=${TRAEFIK.address}`,
      '--ping=true',
      '--global.checknewversion=false',
      '--global.sendanonymoususage=false',
    ],
    env: { KUBECONFIG: kubeconfig },
    cwd: runDir,
    log: join(runDir, 'traefik.log'),
    async ready() {
      const url = `http://${TRAEFIK.address}:${OWN_PORT}/ping`;
      return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
    },
  });
}
