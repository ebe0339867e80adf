import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from './process.ts';

const SERVER = 'https://10.0.0.1:6443';
const ADMIN_TOKEN = 'lab-admin';
const READY_MS = 60_000;
/** Who has not said by then that it is ready is not. */
const ASK_MS = 5000;

/** The control plane of the lab: the real etcd, API server and controllers. */
export interface ControlPlane {
  /** PEM that the API server's certificate is checked with. */
  ca: string;
  /** A kubeconfig file of an administrator. */
  adminKubeconfig: string;
  /** SIGKILL, and the same program on the same data after `downMs`; resolves when the API server serves. */
  restart(program: 'kube-apiserver' | 'etcd', downMs: number): Promise<void>;
}

/** Starts etcd, the API server and the controllers; a few seconds. */
export async function startControlPlane(
  binary: (name: string) => string,
  runDir: string,
): Promise<ControlPlane> {
  const file = (name: string) => join(runDir, name);
  const store = 'http://10.0.0.1:2379';
  const etcd = await start({
    name: 'etcd',
    command: binary('etcd'),
    args: [
      `--data-dir=${file('etcd')}`,
      `--listen-client-urls=${store}`,
      `--advertise-client-urls=${store}`,
      '--listen-peer-urls=http://10.0.0.1:2380',
      '--unsafe-no-fsync',
    ],
    log: file('etcd.log'),
    ready: async () => (await fetch(`${store}/health`, { signal: AbortSignal.timeout(ASK_MS) })).ok,
  });

  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = file('service-account.key');
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(file('tokens.csv'), `${ADMIN_TOKEN},admin,admin,"system:masters"\n`);
  mkdirSync(file('certs'), { recursive: true });
  const server = await start({
    name: 'kube-apiserver',
    command: binary('kube-apiserver'),
    args: [
      `--etcd-servers=${store}`,
      '--secure-port=6443',
      '--bind-address=10.0.0.1',
      '--advertise-address=10.0.0.1',
      `--cert-dir=${file('certs')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${key}`,
      `--service-account-key-file=${key}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      `--token-auth-file=${file('tokens.csv')}`,
      '--authorization-mode=RBAC',
    ],
    log: file('kube-apiserver.log'),
    ready: () => isReady(`${SERVER}/readyz`),
  });
  const ca = readFileSync(file('certs/apiserver.crt'), 'utf8');
  const adminKubeconfig = file('admin.kubeconfig');
  writeFileSync(adminKubeconfig, kubeconfig(ADMIN_TOKEN, ca));
  await start({
    name: 'kube-controller-manager',
    command: binary('kube-controller-manager'),
    args: [
      `--kubeconfig=${adminKubeconfig}`,
      '--controllers=deployment,replicaset,statefulset,daemonset,endpointslice,endpoint,namespace,serviceaccount,serviceaccount-token,garbagecollector,job,horizontalpodautoscaling,resourcequota,ttl-after-finished,root-ca-certificate-publisher-controller',
      '--leader-elect=false',
      '--bind-address=10.0.0.1',
      `--service-account-private-key-file=${key}`,
      `--root-ca-file=${file('certs/apiserver.crt')}`,
    ],
    log: file('kube-controller-manager.log'),
    ready: () => isReady('https://10.0.0.1:10257/healthz'),
  });
  return {
    ca,
    adminKubeconfig,
    async restart(program, downMs) {
      await (program === 'etcd' ? etcd : server).restart(downMs);
      // the API server is not ready as long as it has not found its etcd again
      const end = Date.now() + READY_MS;
      while (!(await isReady(`${SERVER}/readyz`).catch(() => false))) {
        if (Date.now() > end) throw new Error(`the API server is not ready after the restart of ${program}`);
        await sleep(50);
      }
    },
  };
}

/** A kubeconfig for a token. */
export function kubeconfig(token: string, ca: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lab',
    clusters: [
      {
        name: 'lab',
        cluster: { server: SERVER, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name: 'user', user: { token } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'user' } }],
  });
}

function isReady(url: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    https
      .get(
        url,
        { headers, rejectUnauthorized: false, agent: false, signal: AbortSignal.timeout(ASK_MS) },
        (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        },
      )
      .on('error', reject);
  });
}
