/** The kinds that the built-in cluster serves. */
export interface Kind {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
}

const kind = (groupVersion: string, plural: string, name: string, namespaced = true): Kind => {
  const [group = '', version = ''] = groupVersion.includes('/')
    ? groupVersion.split('/')
    : ['', groupVersion];
  return { group, version, plural, kind: name, namespaced };
};

export const KINDS: readonly Kind[] = [
  kind('v1', 'namespaces', 'Namespace', false),
  kind('v1', 'nodes', 'Node', false),
  kind('v1', 'services', 'Service'),
  kind('v1', 'pods', 'Pod'),
  kind('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  kind('v1', 'resourcequotas', 'ResourceQuota'),
  kind('v1', 'configmaps', 'ConfigMap'),
  kind('v1', 'secrets', 'Secret'),
  kind('v1', 'serviceaccounts', 'ServiceAccount'),
  kind('apps/v1', 'deployments', 'Deployment'),
  kind('apps/v1', 'replicasets', 'ReplicaSet'),
  kind('apps/v1', 'statefulsets', 'StatefulSet'),
  kind('apps/v1', 'daemonsets', 'DaemonSet'),
  kind('apps/v1', 'controllerrevisions', 'ControllerRevision'),
  kind('batch/v1', 'jobs', 'Job'),
  kind('batch/v1', 'cronjobs', 'CronJob'),
  kind('networking.k8s.io/v1', 'ingresses', 'Ingress'),
  kind('networking.k8s.io/v1', 'ingressclasses', 'IngressClass', false),
  kind('networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy'),
  kind('coordination.k8s.io/v1', 'leases', 'Lease'),
  kind('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice'),
  kind('argoproj.io/v1alpha1', 'rollouts', 'Rollout'),
  kind('argoproj.io/v1alpha1', 'analysistemplates', 'AnalysisTemplate'),
  kind('argoproj.io/v1alpha1', 'analysisruns', 'AnalysisRun'),
  kind('argoproj.io/v1alpha1', 'experiments', 'Experiment'),
  kind('gateway.networking.k8s.io/v1', 'gatewayclasses', 'GatewayClass', false),
  kind('gateway.networking.k8s.io/v1', 'gateways', 'Gateway'),
  kind('gateway.networking.k8s.io/v1', 'httproutes', 'HTTPRoute'),
  kind('gateway.networking.k8s.io/v1', 'grpcroutes', 'GRPCRoute'),
  kind('gateway.networking.k8s.io/v1beta1', 'referencegrants', 'ReferenceGrant'),
  kind('traefik.io/v1alpha1', 'ingressroutes', 'IngressRoute'),
  kind('traefik.io/v1alpha1', 'traefikservices', 'TraefikService'),
  kind('traefik.io/v1alpha1', 'middlewares', 'Middleware'),
  kind('networking.istio.io/v1beta1', 'virtualservices', 'VirtualService'),
  kind('networking.istio.io/v1beta1', 'destinationrules', 'DestinationRule'),
  kind('keda.sh/v1alpha1', 'scaledobjects', 'ScaledObject'),
  // made up, for test/traffic/in-place.test.ts
  kind('example.com/v1', 'testroutes', 'TestRoute'),
  kind('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  kind('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
];

/** What an API path addresses. */
export interface Target {
  kind: Kind;
  namespace: string;
  name: string | undefined;
  subresource: string | undefined;
}

/** Whether anything is served below `/apis/GROUP/VERSION`, or `/api/VERSION`. */
export function isKnownGroup(path: string): boolean {
  const [root, group = '', version = ''] = path.split('/').filter(Boolean);
  return KINDS.some((each) =>
    root === 'api'
      ? each.group === '' && each.version === group
      : each.group === group && each.version === version,
  );
}

/** Reads `/apis/GROUP/VERSION/namespaces/NS/PLURAL/NAME/SUB`; undefined where nothing is served there. */
export function targetOf(path: string): Target | undefined {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  const core = parts[0] === 'api';
  const group = core ? '' : (parts[1] ?? '');
  const version = core ? parts[1] : parts[2];
  const rest = parts.slice(core ? 2 : 3);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2;
  const namespace = inNamespace ? (rest[1] ?? '') : '';
  const [plural, name, ...sub] = inNamespace ? rest.slice(2) : rest;
  const found = KINDS.find(
    (each) => each.group === group && each.version === version && each.plural === plural,
  );
  if (!found) return undefined;
  return { kind: found, namespace, name, subresource: sub.length > 0 ? sub.join('/') : undefined };
}
