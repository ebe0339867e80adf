import { HASH_LABEL as HASH } from '../../../src/engines/argo/rollout/types.ts';
import type { Any, Store, Stored } from '../api-server/store.ts';

/**
 * Where Argo Rollouts' controller sends users: the selectors of a Rollout's two Services, the weight of its canary Ingresses and, as its
 * Gateway API plugin does, the weights of the two in its HTTPRoutes.
 *
 * @returns false where it cannot: a route that has not both Services stops the controller, until it has them
 */
export function sendUsers(
  store: Store,
  { metadata, spec }: Stored,
  status: Any,
  weight: number,
  isReady: (hash: string | undefined) => boolean,
): boolean {
  const { stableService, canaryService, trafficRouting } = spec.strategy.canary ?? {};
  const { namespace = '' } = metadata;
  const plugin = trafficRouting?.plugins?.['argoproj-labs/gatewayAPI'];
  const names = [plugin?.httpRoute, ...(plugin?.httpRoutes ?? []).map(({ name }: Any) => name)].filter(
    Boolean,
  );
  const weights: Record<string, number> = { [stableService]: 100 - weight, [canaryService]: weight };
  for (const name of names) {
    const route = store.get('httproutes', namespace, name);
    const refs: Any[] = route?.spec.rules.flatMap(({ backendRefs }: Any) => backendRefs ?? []) ?? [];
    if (!route || Object.keys(weights).some((each) => !refs.some((ref) => ref.name === each))) return false;
    const rules = route.spec.rules.map((rule: Any) => ({
      ...rule,
      backendRefs: rule.backendRefs?.map((ref: Any) => ({ ...ref, weight: weights[ref.name] ?? ref.weight })),
    }));
    store.put('httproutes', { ...route, spec: { ...route.spec, rules } });
  }
  const { stableIngress, stableIngresses = [] } = trafficRouting?.nginx ?? {};
  for (const name of stableIngress === undefined ? stableIngresses : [stableIngress]) split(name);
  select(stableService, status.stableRS);
  select(canaryService, status.abort ? status.stableRS : status.currentPodHash);
  return true;

  /** The canary Ingress, which stays when the weight is 0 (argo-rollouts v1.9.2, trafficrouting/nginx/nginx.go). */
  function split(name: string): void {
    const main = store.get('ingresses', namespace, name);
    if (!main) return;
    const canary = `${metadata.name}-${name}-canary`;
    const annotations = {
      'nginx.ingress.kubernetes.io/canary': 'true',
      'nginx.ingress.kubernetes.io/canary-weight': String(weight),
    };
    const old = store.get('ingresses', namespace, canary);
    if (old) {
      store.put('ingresses', { ...old, metadata: { ...old.metadata, annotations } });
      return;
    }
    const rules = main.spec.rules.map((rule: Any) => ({
      ...rule,
      http: {
        paths: rule.http.paths.map((path: Any) => ({
          ...path,
          backend: { service: { ...path.backend.service, name: canaryService } },
        })),
      },
    }));
    store.add('ingresses', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: canary, namespace, annotations },
      spec: { ...main.spec, rules },
    });
  }

  function select(name: string | undefined, hash: string | undefined): void {
    const service = name === undefined ? undefined : store.get('services', namespace, name);
    if (!service || !isReady(hash)) return;
    const selector = { ...service.spec.selector, [HASH]: hash };
    store.put('services', { ...service, spec: { ...service.spec, selector } });
  }
}

/** A Service that no Rollout refers to any more is for all pods again (argo-rollouts v1.9.2, service/service.go, syncService). */
export function release(store: Store, service: Stored): void {
  const { [HASH]: hash, ...selector } = service.spec.selector ?? {};
  const isReferred = store.list('rollouts', service.metadata.namespace).some(({ spec }) => {
    const { stableService, canaryService } = spec.strategy.canary ?? {};
    return [stableService, canaryService].includes(service.metadata.name);
  });
  if (hash === undefined || isReferred) return;
  store.put('services', { ...service, spec: { ...service.spec, selector } });
}
