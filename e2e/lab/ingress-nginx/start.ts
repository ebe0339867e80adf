import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { ApiError, connect, type NodeApi } from '../node/api.ts';
import { start } from '../process.ts';
import { ADDRESS, internalLog, NAMESPACE, NODE, POD } from './controller.ts';
import { controllerPod, READY_POD } from './controller-pod.ts';
import { prepareEtc } from './etc.ts';

export interface Options {
  kubeconfig: string;
  /** The built controller. */
  controller: string;
  /** Sources of its Go module. */
  moduleDir: string;
  runDir: string;
  /** What its container prints, the access log of nginx among it. Kept apart: the folder is watched. */
  log: string;
}

/** The controller, as its chart starts it. */
export interface IngressNginx {
  /** Its counters (`--enable-metrics`), off at first. Starts it again where that changes them; resolves when it serves. */
  setMetrics(isOn: boolean): Promise<void>;
}

/**
 * Starts the real ingress-nginx controller on Debian's nginx. Must run in a mount namespace: it puts its files over /etc/nginx.
 * Users reach it on port 80 of every address; its health, and its metrics if it has them, are on port 10254.
 */
export async function startIngressNginx(options: Options): Promise<IngressNginx> {
  const { kubeconfig, controller, moduleDir, runDir, log } = options;
  const api = await connect(kubeconfig);
  await createObjects(api);
  const etc = join(runDir, 'etc-nginx');
  prepareEtc(moduleDir, etc);
  makeWritable(etc);
  mountOver(etc, '/etc/nginx');
  const config = join(etc, 'nginx.conf');
  const firstConfig = readFileSync(config);
  const own = join(runDir, 'etc-ingress-controller');
  for (const folder of ['ssl', 'auth', 'geoip', 'telemetry'])
    mkdirSync(join(own, folder), { recursive: true });
  mountOver(own, '/etc/ingress-controller');
  mountOver(join(runDir, 'tmp-nginx'), '/tmp/nginx');
  const logs = join(runDir, 'var-log-nginx');
  mountOver(logs, '/var/log/nginx');
  // as in the controller's image
  symlinkSync('/dev/stdout', join(logs, 'access.log'));
  symlinkSync('/dev/stderr', join(logs, 'error.log'));
  for (const each of [log, internalLog(runDir)]) mkdirSync(dirname(each), { recursive: true });
  await start({
    name: NODE,
    command: process.execPath,
    args: [new URL('node/main.ts', import.meta.url).pathname],
    env: { KUBECONFIG: kubeconfig, CONTROLLER_LOG: log, INTERNAL_LOG: internalLog(runDir) },
    log: join(runDir, 'node.log'),
    ready: async () => (await api.call('GET', `/api/v1/nodes/${NODE}`)) !== undefined,
  });
  let sink: net.Server | undefined;
  let hasMetrics = false;
  const running = await start({
    name: 'ingress-nginx',
    command: controller,
    args: () => [
      `--kubeconfig=${kubeconfig}`,
      '--ingress-class=nginx',
      '--controller-class=k8s.io/ingress-nginx',
      `--publish-status-address=${ADDRESS}`,
      `--configmap=${NAMESPACE}/${POD}`,
      // the default of the chart, and not of the controller of that time
      `--enable-metrics=${hasMetrics}`,
      '--disable-leader-election=true',
    ],
    env: { POD_NAME: POD, POD_NAMESPACE: NAMESPACE, NGINX_BINARY: '/usr/sbin/nginx' },
    log,
    restarts: true,
    prepare() {
      endNginx();
      sink?.close();
      sink = undefined;
      // a container that starts again has the files of its image, and a new log; a killed controller may have left half a file
      writeFileSync(config, firstConfig);
      if (existsSync(log)) renameSync(log, `${log}.before`);
    },
    async ready() {
      // without the stream block somebody must take what is sent there, once the controller has found the port free
      if (!sink && (await answers(10254, '/healthz')) !== 0) sink = await discard(10247);
      if (!sink || (await answers(80, '/')) !== 404 || (await answers(10254, '/healthz')) !== 200)
        return false;
      // as on any controller in use, its log has a request of somebody, also after a restart
      return (await answers(80, '/', OTHER_HOST)) === 503;
    },
  });
  let changing = Promise.resolve();
  return {
    setMetrics(isOn) {
      if (isOn !== hasMetrics) changing = changing.then(() => running.restart(0));
      hasMetrics = isOn;
      // who asks for what another has asked for waits for the same start
      return changing;
    },
  };
}

/** With its container a controller takes its nginx along, which has a process group of its own. */
function endNginx(): void {
  try {
    process.kill(-Number(readFileSync('/tmp/nginx/nginx.pid', 'utf8')), 'SIGKILL');
  } catch {
    // there is none
  }
}

/** Somebody else's site on the same controller, whose pods are away: it answers 503. */
const OTHER = 'other-people';
const OTHER_HOST = 'other.example.com';

async function createObjects(api: NodeApi): Promise<void> {
  const put = async (path: string, object: object) => {
    try {
      await api.call('POST', path, object);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
    }
  };
  await put('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  for (const [name, controller] of [
    ['nginx', 'k8s.io/ingress-nginx'],
    ['other', 'example.com/other'],
  ]) {
    await put('/apis/networking.k8s.io/v1/ingressclasses', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name },
      spec: { controller },
    });
  }
  await put('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: OTHER } });
  await put(`/api/v1/namespaces/${OTHER}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  await put(`/apis/networking.k8s.io/v1/namespaces/${OTHER}/ingresses`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web' },
    spec: {
      ingressClassName: 'nginx',
      rules: [
        {
          host: OTHER_HOST,
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } },
            ],
          },
        },
      ],
    },
  });
  await put(`/api/v1/namespaces/${NAMESPACE}/configmaps`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: POD },
    data: { 'worker-processes': '1', 'use-http2': 'false' },
  });
  await put(`/api/v1/namespaces/${NAMESPACE}/pods`, controllerPod(POD));
  await api.call('PATCH', `/api/v1/namespaces/${NAMESPACE}/pods/${POD}/status`, READY_POD);
}

function mountOver(source: string, target: string): void {
  mkdirSync(source, { recursive: true });
  mkdirSync(target, { recursive: true });
  execFileSync('mount', ['--bind', source, target]);
}

/** A Go module's files are read-only. */
export function makeWritable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makeWritable(path);
    else chmodSync(path, 0o644);
  }
}

export function discard(port: number): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.resume();
    });
    server.unref();
    server.on('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** The status of an answer; 0 where nobody listens. */
function answers(port: number, path: string, host = 'nobody.example.com'): Promise<number> {
  return new Promise((resolve) => {
    http
      .get({ host: ADDRESS, port, path, agent: false, headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
      .on('error', () => resolve(0));
  });
}
