import type { Ingress, IngressBackend } from 'kubernetes-types/networking/v1';
import { AFFINITY, CANARY, CANARY_WEIGHT } from './annotations.ts';

/**
 * Whether the controller treats an Ingress as a canary, independent of who created it. The words for true are
 * those of Go's strconv.ParseBool.
 */
export function isCanary(ingress: Ingress): boolean {
  return /^(1|t|T|true|True|TRUE)$/.test(ingress.metadata?.annotations?.[CANARY] ?? '');
}

/** Whether a cookie binds users of that Ingress to their pod. */
export function hasAffinity(ingress: Ingress): boolean {
  return ingress.metadata?.annotations?.[AFFINITY] !== undefined;
}

/** The names of the Services that an Ingress sends to. */
export function backendsOf(ingress: Ingress): string[] {
  const backends = [ingress.spec?.defaultBackend, ...pathsOf(ingress).map(({ backend }) => backend)];
  return [...new Set(backends.flatMap((backend) => backend?.service?.name ?? []))];
}

/**
 * Host and path of each rule. Two Ingresses must share one of them, or neither is the canary of the other.
 */
export function hostPathsOf(ingress: Ingress): string[] {
  return pathsOf(ingress).map(({ host, path }) => `${host}${path}`);
}

/**
 * The weight of a canary Ingress, in percent. A weight that is not a number counts as 100, because users may
 * reach the canary.
 */
export function weightOf(ingress: Ingress): number {
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
