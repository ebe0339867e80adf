import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../node/api.ts';
import { type Running, start } from '../process.ts';
import { apply, applyCrds } from './crds.ts';

export interface Options {
  kubeconfig: string;
  /** The built operator. */
  operator: string;
  /** A file with its CRDs, JSON. */
  crds: string;
  runDir: string;
}

/** Its own ports listen on all addresses, and would take the pods' away. */
const PORTS = { metrics: 10284, health: 10285, adapter: 10286 } as const;
const NAMESPACE = 'keda';

/**
 * Applies KEDA's CRDs and starts its operator. The server of its metrics does not run: autoscalers do not scale, and what is tested is what
 * the operator does by itself, which is to pause, to scale to `idleReplicaCount`, and to make the autoscaler.
 */
export async function startKeda({ kubeconfig, operator, crds, runDir }: Options): Promise<Running> {
  const api = await connect(kubeconfig);
  await apply(api, `/api/v1/namespaces/${NAMESPACE}`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE },
  });
  await applyCrds(api, crds);
  const certs = join(runDir, 'keda-certs');
  makeCertificate(certs);
  return start({
    name: 'keda',
    command: operator,
    args: [
      `--metrics-bind-address=:${PORTS.metrics}`,
      `--health-probe-bind-address=:${PORTS.health}`,
      `--metrics-service-bind-address=:${PORTS.adapter}`,
      `--cert-dir=${certs}`,
    ],
    env: {
      KUBECONFIG: kubeconfig,
      WATCH_NAMESPACE: '',
      POD_NAMESPACE: NAMESPACE,
      KEDA_CLUSTER_OBJECT_NAMESPACE: NAMESPACE,
    },
    cwd: runDir,
    log: join(runDir, 'keda.log'),
    async ready() {
      const url = `http://10.0.0.1:${PORTS.health}/readyz`;
      return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
    },
  });
}

/** One that signs itself, for the server that KEDA's own metrics server would ask. */
function makeCertificate(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
  const names = ['-subj', '/CN=keda-operator', '-addext', 'subjectAltName=DNS:keda-operator.keda.svc'];
  const of = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', ...of, ...names], { stdio: 'ignore' });
  copyFileSync(cert, join(folder, 'ca.crt'));
}
