import { join } from 'node:path';
import type { Addon } from '../../addon.ts';
import type { Built } from '../build.ts';
import { startInternalNginx } from '../ingress-nginx/internal.ts';
import type { IngressNginx } from '../ingress-nginx/start.ts';
import type { Running } from '../process.ts';
import { startArgoRollouts } from './argo-rollouts.ts';
import { startEnvoyGateway } from './envoy-gateway/start.ts';
import { startGatewayApi } from './gateway-api.ts';
import { startIstio } from './istio/start.ts';
import { startKeda } from './keda.ts';
import { startPrometheus } from './prometheus.ts';
import { startTraefik } from './traefik.ts';

export interface Options {
  built: Built;
  kubeconfig: string;
  ingress: IngressNginx;
  runDir: string;
}

/** Programs beside the cluster. None runs until it is started the first time. */
export interface Addons {
  /** Starts what a scenario needs, and switches off the controller's metrics if it does not need them. */
  prepare(needs: readonly Addon[]): Promise<void>;
  /** Starts it where it does not run; resolves when it serves. */
  start(addon: Addon): Promise<void>;
  stop(addon: Addon): Promise<void>;
  /** SIGKILL, and the same again after `downMs`; resolves when it serves. */
  restart(addon: Addon, downMs: number): Promise<void>;
}

export function lazyAddons(options: Options): Addons {
  const running = new Map<Addon, Running>();
  const find = (addon: Addon): Running => {
    const found = running.get(addon);
    if (found === undefined)
      throw new Error(`${addon} was not started: the scenario does not say it needs it`);
    return found;
  };
  async function startOne(addon: Addon): Promise<void> {
    const known = running.get(addon);
    if (known !== undefined) return known.start();
    running.set(addon, await STARTS[addon](options));
    // it reads which plugins it has when it starts
    if (addon === 'gateway-api') await running.get('argo-rollouts')?.restart(0);
  }
  return {
    async prepare(needs) {
      const all = new Set(needs);
      // it has nothing else to scrape
      if (all.has('prometheus')) all.add('controller-metrics');
      await options.ingress.setMetrics(all.has('controller-metrics'));
      for (const addon of all) await startOne(addon);
    },
    start: startOne,
    stop: (addon) => find(addon).stop(),
    restart: (addon, downMs) => find(addon).restart(downMs),
  };
}

function nothingRuns(name: Addon): Running {
  return { name, async stop() {}, async start() {}, async restart() {} };
}

const STARTS: Readonly<Record<Addon, (options: Options) => Promise<Running>>> = {
  'argo-rollouts': ({ built, kubeconfig, runDir }) =>
    startArgoRollouts({
      kubeconfig,
      controller: builtOr(built.binaries['rollouts-controller']),
      crds: builtOr(built.manifests['argo-rollouts']),
      runDir,
    }),
  // nothing runs: the steps do
  container: async () => nothingRuns('container'),
  'controller-metrics': async ({ ingress }) => ({
    name: 'controller-metrics',
    start: () => ingress.setMetrics(true),
    stop: () => ingress.setMetrics(false),
    async restart() {
      await ingress.setMetrics(false);
      await ingress.setMetrics(true);
    },
  }),
  'envoy-gateway': ({ built, kubeconfig, runDir }) =>
    startEnvoyGateway({
      kubeconfig,
      controller: builtOr(built.binaries['envoy-gateway']),
      proxy: builtOr(built.binaries.envoy),
      crds: ['gateway-api', 'envoy-gateway'].map((name) => builtOr(built.manifests[name])),
      runDir: join(runDir, 'envoy-gateway'),
    }),
  chromium: async () => nothingRuns('chromium'),
  kubectl: async () => nothingRuns('kubectl'),
  'gateway-api': ({ built, kubeconfig }) =>
    startGatewayApi({
      kubeconfig,
      crds: builtOr(built.manifests['gateway-api']),
      plugin: builtOr(built.binaries['gateway-plugin']),
    }),
  'internal-nginx': ({ built, kubeconfig, runDir }) =>
    startInternalNginx({
      kubeconfig,
      controller: builtOr(built.binaries['nginx-ingress-controller']),
      moduleDir: built.nginxModule,
      runDir: join(runDir, 'nginx'),
    }),
  istio: ({ built, kubeconfig, runDir }) =>
    startIstio({
      kubeconfig,
      controller: builtOr(built.binaries.istiod),
      proxy: builtOr(built.binaries.envoy),
      crds: builtOr(built.manifests.istio),
      runDir: join(runDir, 'istio'),
    }),
  keda: ({ built, kubeconfig, runDir }) =>
    startKeda({
      kubeconfig,
      operator: builtOr(built.binaries['keda-operator']),
      crds: builtOr(built.manifests.keda),
      runDir,
    }),
  prometheus: ({ runDir }) => startPrometheus(runDir),
  traefik: ({ built, kubeconfig, runDir }) =>
    startTraefik({
      kubeconfig,
      program: builtOr(built.binaries.traefik),
      crds: ['gateway-api', 'traefik'].map((module) => builtOr(built.manifests[module])),
      runDir,
    }),
};

function builtOr(path: string | undefined): string {
  if (path === undefined) throw new Error('it was not built: no scenario of this run needs it');
  return path;
}
