import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, connect } from './node/api.ts';
import { type Running, start } from './process.ts';

export interface Options {
  kubeconfig: string;
  /** The built controller. */
  controller: string;
  /** A file with its CRDs, JSON. */
  crds: string;
  log: string;
}

interface Crd {
  metadata: { name: string };
  spec: { group: string; names: { plural: string } };
  status?: { conditions?: { type: string; status: string }[] };
}

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const ESTABLISHED_MS = 30_000;
/** Its own ports, 8080 and 8090, listen on all addresses, and would take the pods' away. */
const HEALTH_PORT = 10280;
const METRICS_PORT = 10281;

/** Applies the CRDs of Argo Rollouts and starts its controller. */
export async function startArgoRollouts({ kubeconfig, controller, crds, log }: Options): Promise<Running> {
  await applyCrds(kubeconfig, JSON.parse(readFileSync(crds, 'utf8')) as Crd[]);
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
    log,
    async ready() {
      const url = `http://10.0.0.1:${HEALTH_PORT}/healthz`;
      return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
    },
  });
}

/** Server-side: each is too large for the annotation that a client-side apply leaves. */
async function applyCrds(kubeconfig: string, crds: readonly Crd[]): Promise<void> {
  const api = await connect(kubeconfig);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argo-rollouts' } };
  const apply = (path: string, object: object) =>
    api.call('PATCH', `${path}?fieldManager=lab&force=true`, object, 'apply-patch+yaml');
  await apply('/api/v1/namespaces/argo-rollouts', namespace);
  for (const crd of crds) await apply(`${CRDS}/${crd.metadata.name}`, crd);
  const end = Date.now() + ESTABLISHED_MS;
  for (const { metadata } of crds) {
    while (!isEstablished((await api.call('GET', `${CRDS}/${metadata.name}`)) as Crd)) {
      if (Date.now() > end) throw new Error(`${metadata.name} is not served`);
      await sleep(50);
    }
  }
  // established is said before the paths are there (404) and before their storage is (429)
  for (const { spec } of crds) {
    const path = `/apis/${spec.group}/v1alpha1/${spec.names.plural}`;
    while (!(await isServed(api.call('GET', path)))) {
      if (Date.now() > end) throw new Error(`${path} is not served`);
      await sleep(50);
    }
  }
}

async function isServed(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (error instanceof ApiError && [404, 429, 503].includes(error.status)) return false;
    throw error;
  }
}

function isEstablished({ status }: Crd): boolean {
  return status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True') ?? false;
}
