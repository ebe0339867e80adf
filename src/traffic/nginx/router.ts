import type { Ingress, IngressBackend, IngressRule, IngressSpec } from 'kubernetes-types/networking/v1';
import { ingresses, type KubeObject } from '../../cluster/resource.ts';
import type { Write } from '../../cluster/write.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../../workload/canary-copy.ts';
import type { Router, Routes, ServicePair, Steer, TrafficSplit } from '../router.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';
export const CANARY = `${PREFIX}canary`;
export const CANARY_WEIGHT = `${PREFIX}canary-weight`;
const BY_HEADER = `${PREFIX}canary-by-header`;
const BY_HEADER_VALUE = `${PREFIX}canary-by-header-value`;
const BY_COOKIE = `${PREFIX}canary-by-cookie`;
const AFFINITY = `${PREFIX}affinity`;
const AFFINITY_CANARY_BEHAVIOR = `${PREFIX}affinity-canary-behavior`;

/**
 * The only annotations that the controller reads on a canary Ingress beside its own; all others come from the main Ingress. Others
 * (cert-manager, external-dns, snippets) must not be copied: they would act twice.
 */
const COPIED = [
  'load-balance',
  'upstream-hash-by',
  'upstream-hash-by-subset',
  'upstream-hash-by-subset-size',
].map((name) => PREFIX + name);

/** ingress-nginx, split by canary Ingresses (docs: user-guide/nginx-configuration/annotations, "Canary"). */
export const ingressNginx: Router = {
  name: 'nginx',

  weight: (routes) => Math.max(0, ...(routes.canary as readonly Ingress[]).map(weightOf)),

  toward(split, routes, weight) {
    const existing = new Map((routes.canary as readonly Ingress[]).map((each) => [nameOf(each), each]));
    const mains = new Map((routes.stable as readonly Ingress[]).map((each) => [nameOf(each), each]));
    const missing = split.routes.flatMap(({ stable, canary }): Write[] => {
      const main = mains.get(stable);
      if (existing.has(canary) || !main) return [];
      return [{ verb: 'create', resource: ingresses, object: canaryIngress(main, canary, split) }];
    });
    return missing.length > 0 ? missing : setWeights(routes, weight);
  },

  // at weight 0 nobody may come to the canary any more, who is steered neither
  lower: (routes, weight) =>
    setWeights(routes, weight, weight === 0 ? [BY_HEADER, BY_HEADER_VALUE, BY_COOKIE] : []),

  remove: (routes) => routes.canary.map((object): Write => ({ verb: 'delete', resource: ingresses, object })),
};

/** Whether an Ingress is a canary of the controller, whoever made it: the words for true are those of Go's strconv.ParseBool. */
export function isCanary(ingress: Ingress): boolean {
  return /^(1|t|T|true|True|TRUE)$/.test(ingress.metadata?.annotations?.[CANARY] ?? '');
}

/** Whether users of that Ingress keep their pod by a cookie. */
export function hasAffinity(ingress: Ingress): boolean {
  return ingress.metadata?.annotations?.[AFFINITY] !== undefined;
}

/** The names of the Services that an Ingress sends to. */
export function backendsOf(ingress: Ingress): string[] {
  const backends = [ingress.spec?.defaultBackend, ...pathsOf(ingress).map(({ backend }) => backend)];
  return [...new Set(backends.flatMap((backend) => backend?.service?.name ?? []))];
}

/** Host and path of each rule: what two Ingresses must share for one to be the canary of the other. */
export function hostPathsOf(ingress: Ingress): string[] {
  return pathsOf(ingress).map(({ host, path }) => `${host}${path}`);
}

/**
 * The canary Ingress of a main Ingress, at weight 0: the rules that send to the split Services, sent to their canaries with the port
 * written as the main has it (the controller's upstream is Service plus port as written). No TLS: the main Ingress has it.
 */
export function canaryIngress(main: Ingress, name: string, split: TrafficSplit): Ingress {
  const { annotations, namespace } = main.metadata ?? {};
  const copied = COPIED.filter((key) => annotations?.[key] !== undefined);
  const classAnnotation = annotations?.['kubernetes.io/ingress.class'];
  const { ingressClassName } = main.spec ?? {};
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: split.workload },
      annotations: {
        ...(classAnnotation === undefined ? {} : { 'kubernetes.io/ingress.class': classAnnotation }),
        ...Object.fromEntries(copied.map((key) => [key, annotations?.[key] ?? ''])),
        // a sticky cookie would hold users on the canary even at weight 0; with this, the weight decides anew
        ...(hasAffinity(main) ? { [AFFINITY_CANARY_BEHAVIOR]: 'legacy' } : {}),
        [CANARY]: 'true',
        ...steering(split.steer),
        [CANARY_WEIGHT]: '0',
      },
    },
    spec: {
      ...(ingressClassName === undefined ? {} : { ingressClassName }),
      ...canaryRules(main.spec ?? {}, split.services),
    },
  };
}

function steering({ header, cookie }: Steer = {}): Record<string, string> {
  return {
    ...(header ? { [BY_HEADER]: header.name } : {}),
    ...(header?.value === undefined ? {} : { [BY_HEADER_VALUE]: header.value }),
    ...(cookie === undefined ? {} : { [BY_COOKIE]: cookie }),
  };
}

function canaryRules(spec: IngressSpec, pairs: readonly ServicePair[]): IngressSpec {
  const byStable = new Map(pairs.map(({ stable, canary }) => [stable, canary]));
  const renew = (backend: IngressBackend | undefined): IngressBackend | undefined => {
    const canary = byStable.get(backend?.service?.name ?? '');
    return backend?.service && canary ? { service: { ...backend.service, name: canary } } : undefined;
  };
  const rules = spec.rules?.flatMap((rule): IngressRule[] => {
    const paths = rule.http?.paths.flatMap((path) => {
      const backend = renew(path.backend);
      return backend ? [{ ...path, backend }] : [];
    });
    return paths?.length ? [{ ...rule, http: { paths } }] : [];
  });
  const defaultBackend = renew(spec.defaultBackend);
  return {
    ...(defaultBackend ? { defaultBackend } : {}),
    ...(rules?.length ? { rules } : {}),
  };
}

/** @param without annotations that go */
function setWeights(routes: Routes, weight: number, without: readonly string[] = []): Write[] {
  return [...(routes.canary as readonly Ingress[])]
    .filter(({ metadata }) => {
      const { annotations = {} } = metadata ?? {};
      return (
        annotations[CANARY_WEIGHT] !== String(weight) ||
        without.some((each) => Object.hasOwn(annotations, each))
      );
    })
    .sort(byAge)
    .map((before) => {
      const kept = Object.entries(before.metadata?.annotations ?? {}).filter(
        ([key]) => !without.includes(key),
      );
      const annotations = { ...Object.fromEntries(kept), [CANARY_WEIGHT]: String(weight) };
      const object = { ...before, metadata: { ...before.metadata, annotations } };
      return { verb: 'update', resource: ingresses, before, object };
    });
}

/**
 * Oldest first: where several canary Ingresses reach one upstream, the oldest one's weight counts for all of them (measured), so that
 * its write alone moves, or stops, the whole upstream.
 */
function byAge(a: Ingress, b: Ingress): number {
  const [first, second] = [a, b].map((each) => each.metadata?.creationTimestamp ?? '');
  return (first ?? '').localeCompare(second ?? '') || nameOf(a).localeCompare(nameOf(b));
}

function weightOf(ingress: Ingress): number {
  if (!isCanary(ingress)) return 0;
  const weight = Number(ingress.metadata?.annotations?.[CANARY_WEIGHT] ?? 0);
  return Number.isFinite(weight) ? weight : 100;
}

function pathsOf(ingress: Ingress): { host: string; path: string; backend: IngressBackend }[] {
  return (ingress.spec?.rules ?? []).flatMap((rule) =>
    (rule.http?.paths ?? []).map(({ path, backend }) => ({
      host: rule.host ?? '*',
      path: path ?? '/',
      backend,
    })),
  );
}

function nameOf(object: KubeObject): string {
  return object.metadata?.name ?? '';
}
