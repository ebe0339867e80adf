import { mkdirSync } from 'node:fs';
import type net from 'node:net';
import { join } from 'node:path';
import { apply } from '../addons/crds.ts';
import { connect, type NodeApi } from '../node/api.ts';
import { type Running, start } from '../process.ts';
import { ADDRESS, INTERNAL, internalLog, NAMESPACE, POD } from './controller.ts';
import { controllerPod, READY_POD } from './controller-pod.ts';
import { prepareEtc } from './etc.ts';
import { discard, makeWritable, type Options } from './start.ts';

const HEALTH_PORT = 12_254;
const STREAM_PORT = 12_247;
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;

/**
 * Starts a second ingress-nginx beside the first, on other ports: for its own IngressClass, and with its own prefix of annotations. It has
 * its files where the first one has them, so that it runs in a mount namespace of its own.
 */
export async function startInternalNginx(options: Omit<Options, 'log'>): Promise<Running> {
  const { kubeconfig, controller, moduleDir, runDir } = options;
  const api = await connect(kubeconfig);
  const folder = join(runDir, 'internal');
  const etc = join(folder, 'etc-nginx');
  prepareEtc(moduleDir, etc);
  makeWritable(etc);
  const over: Record<string, string> = {
    'etc-nginx': '/etc/nginx',
    'etc-ingress-controller': '/etc/ingress-controller',
    'tmp-nginx': '/tmp/nginx',
  };
  for (const own of [
    'tmp-nginx',
    ...['ssl', 'auth', 'geoip', 'telemetry'].map((each) => `etc-ingress-controller/${each}`),
  ])
    mkdirSync(join(folder, own), { recursive: true });
  const mounts = Object.entries(over).map(([from, to]) => `mount --bind ${join(folder, from)} ${to}`);
  const own = [
    `--ingress-class=${INTERNAL.ingressClass}`,
    `--controller-class=${INTERNAL.controllerClass}`,
    `--annotations-prefix=${INTERNAL.prefix}`,
  ];
  // it reads its own pod
  await createObjects(api, own);
  let sink: net.Server | undefined;
  const running = await start({
    name: 'internal-nginx',
    command: 'unshare',
    args: [
      ...['--mount', '--propagation', 'private', 'sh', '-c', `${mounts.join(' && ')} && exec "$@"`, 'sh'],
      controller,
      `--kubeconfig=${kubeconfig}`,
      ...own,
      `--publish-status-address=${ADDRESS}`,
      `--configmap=${NAMESPACE}/${POD}`,
      '--enable-metrics=false',
      '--disable-leader-election=true',
      `--http-port=${INTERNAL.port}`,
      '--https-port=8453',
      '--default-server-port=8191',
      '--ssl-passthrough-proxy-port=8452',
      `--healthz-port=${HEALTH_PORT}`,
      '--status-port=12246',
      '--profiler-port=12245',
      `--stream-port=${STREAM_PORT}`,
    ],
    env: { POD_NAME: INTERNAL.pod, POD_NAMESPACE: NAMESPACE, NGINX_BINARY: '/usr/sbin/nginx' },
    log: internalLog(runDir),
    prepare() {
      sink?.close();
      sink = undefined;
    },
    async ready() {
      const statusOf = async (port: number, path: string) =>
        (await fetch(`http://${ADDRESS}:${port}${path}`, { signal: AbortSignal.timeout(1_000) })).status;
      const health = await statusOf(HEALTH_PORT, '/healthz');
      // as with the first controller: it looks whether the port is free before it sends there
      sink ??= await discard(STREAM_PORT);
      return health === 200 && (await statusOf(INTERNAL.port, '/')) === 404;
    },
  });
  return {
    ...running,
    async start() {
      await createObjects(api, own);
      await running.start();
    },
    async stop() {
      await api.call('DELETE', `${PODS}/${INTERNAL.pod}?gracePeriodSeconds=0`);
      await running.stop();
    },
  };
}

/** Its class, and the pod that it would run in. */
async function createObjects(api: NodeApi, args: readonly string[]): Promise<void> {
  await apply(api, `/apis/networking.k8s.io/v1/ingressclasses/${INTERNAL.ingressClass}`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: INTERNAL.ingressClass },
    spec: { controller: INTERNAL.controllerClass },
  });
  await apply(api, `${PODS}/${INTERNAL.pod}`, controllerPod(INTERNAL.pod, args));
  await api.call('PATCH', `${PODS}/${INTERNAL.pod}/status`, READY_POD);
}
