import { join } from 'node:path';
import { edgeObjects } from '../../gateway.ts';
import { connect, type NodeApi } from '../node/api.ts';
import { type Running, start } from '../process.ts';
import { TRAEFIK } from '../users-address.ts';
import { apply, applyCrds } from './crds.ts';

export interface Options {
  kubeconfig: string;
  program: string;
  /** Files with the CRDs of Gateway API's standard channel, and with Traefik's own, JSON. */
  crds: readonly string[];
  runDir: string;
}

const OWN_PORT = 8082;

const NAMESPACE = 'traefik';

/**
 * Applies the CRDs and starts Traefik with its defaults, and its metrics. It serves one Gateway for routes of all namespaces, its own kinds,
 * Ingresses of its class, and those of ingress-nginx by their annotations.
 */
export async function startTraefik({ kubeconfig, program, crds, runDir }: Options): Promise<Running> {
  const api = await connect(kubeconfig);
  for (const file of crds) await applyCrds(api, file);
  await apply(api, '/api/v1/namespaces/edge', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'edge' },
  });
  for (const [path, object] of edgeObjects('traefik.io/gateway-controller', TRAEFIK.port)) {
    await apply(api, `${path}/edge`, object);
  }
  await createPod(api);
  return start({
    name: 'traefik',
    command: program,
    args: [
      // a listener of a Gateway takes the entrypoint that has its port
      `--entrypoints.web.address=${TRAEFIK.address}:${TRAEFIK.port}`,
      `--entrypoints.traefik.address=${TRAEFIK.address}:${OWN_PORT}`,
      '--providers.kubernetesgateway=true',
      `--providers.kubernetesgateway.statusaddress.ip=${TRAEFIK.address}`,
      '--providers.kubernetescrd=true',
      '--providers.kubernetesingress=true',
      '--providers.kubernetesingressnginx=true',
      '--metrics.prometheus=true',
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

/** The pod that it would run in, and its class: the API server proxies to the pod's address. */
async function createPod(api: NodeApi): Promise<void> {
  await apply(api, '/apis/networking.k8s.io/v1/ingressclasses/traefik', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'traefik' },
    spec: { controller: 'traefik.io/ingress-controller' },
  });
  await apply(api, `/api/v1/namespaces/${NAMESPACE}`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE },
  });
  const path = `/api/v1/namespaces/${NAMESPACE}/pods/traefik`;
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'traefik' } };
  const ports = [{ name: 'metrics', containerPort: OWN_PORT }];
  const args = ['--providers.kubernetesingressnginx=true'];
  await apply(api, path, {
    ...pod,
    metadata: { ...pod.metadata, labels: { 'app.kubernetes.io/name': 'traefik' } },
    spec: {
      nodeName: 'traefik-node',
      containers: [{ name: 'traefik', image: 'traefik:v3.7.15', ports, args }],
    },
  });
  const { address } = TRAEFIK;
  await api.call('PATCH', `${path}/status`, {
    status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
  });
}
