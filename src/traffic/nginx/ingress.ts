import type { Ingress, IngressBackend } from 'kubernetes-types/networking/v1';
import { AFFINITY, CANARY, CANARY_WEIGHT, CANARY_WEIGHT_TOTAL } from './annotations.ts';

/**
 * Whether the controller treats an Ingress as a canary, independent of who created it. The words for true are
 * those of Go's strconv.ParseBool.
 */
export function isCanary(ingress: Ingress): boolean {
  return /^(1|t|T|true|True|TRUE)$/.test(ingress.metadata?.annotations?.[CANARY] ?? '');
}

/** Whether a cookie binds users of that Ingress to their pod. */
export function hasAffinity(ingress: Ingress): boolean {
  return ingress.metadata?.annotations?.[AFFINITY] === 'cookie';
}

/** One place of an Ingress: what it sends to which backend. */
export interface Entry {
  /** undefined for a rule of all hosts. */
  host: string | undefined;
  path: string;
  pathType: string;
  backend: IngressBackend;
}

/** The names of the Services that an Ingress sends to. */
export function backendsOf(ingress: Ingress): string[] {
  const backends = [ingress.spec?.defaultBackend, ...rulesOf(ingress).map(({ backend }) => backend)];
  return [...new Set(backends.flatMap((backend) => backend?.service?.name ?? []))];
}

/**
 * The entries that send to these Services. A default backend is an entry for the path / of each host; of all
 * hosts, if there are no rules. It is left out if a rule has the same Service and port: the controller splits by
 * Service and port, so that the rule splits the default backend as well.
 */
export function entriesTo(ingress: Ingress, services: readonly string[]): Entry[] {
  const isTo = ({ backend }: Entry) => services.includes(backend.service?.name ?? '');
  const own = rulesOf(ingress).filter(isTo);
  const rest = defaultEntries(ingress).filter(
    (entry) => isTo(entry) && !own.some((each) => isSameUpstream(each.backend, entry.backend)),
  );
  return [...own, ...rest];
}

/**
 * Host and path of each entry. Two Ingresses must share one of them, or neither is the canary of the other.
 */
export function hostPathsOf(ingress: Ingress): string[] {
  return entriesOf(ingress).map(({ host = '*', path }) => `${host}${path}`);
}

/** All entries of an Ingress, with those that the controller makes of a default backend. */
export function entriesOf(ingress: Ingress): Entry[] {
  return [...rulesOf(ingress), ...defaultEntries(ingress)];
}

/**
 * The weight of a canary Ingress, in percent. A weight that is not a number counts as 100, because users may
 * reach the canary.
 */
export function weightOf(ingress: Ingress): number {
  if (!isCanary(ingress)) return 0;
  const { annotations = {} } = ingress.metadata ?? {};
  const weight = Number(annotations[CANARY_WEIGHT] ?? 0);
  const total = Number(annotations[CANARY_WEIGHT_TOTAL] ?? 100);
  // a total below 100 counts as 100 (rootfs/etc/nginx/lua/balancer.lua)
  return Number.isFinite(weight) && Number.isFinite(total)
    ? Math.min(100, (100 * weight) / Math.max(100, total))
    : 100;
}

function rulesOf(ingress: Ingress): Entry[] {
  return (ingress.spec?.rules ?? []).flatMap((rule) =>
    (rule.http?.paths ?? []).map(({ path, pathType, backend }) => ({
      host: rule.host,
      // the controller writes / for an empty path, and compares that with the canary's
      path: path || '/',
      pathType,
      backend,
    })),
  );
}

/** What the controller makes of a default backend: the path / of each host that has no such path itself. */
function defaultEntries(ingress: Ingress): Entry[] {
  const { defaultBackend, rules = [] } = ingress.spec ?? {};
  if (!defaultBackend) return [];
  const hosts = rules.length === 0 ? [undefined] : [...new Set(rules.map(({ host }) => host))];
  const taken = rulesOf(ingress);
  return hosts
    .filter((host) => !taken.some((each) => each.host === host && each.path === '/'))
    .map((host) => ({ host, path: '/', pathType: 'Prefix', backend: defaultBackend }));
}

function isSameUpstream({ service: a }: IngressBackend, { service: b }: IngressBackend): boolean {
  return a?.name === b?.name && a?.port?.number === b?.port?.number && a?.port?.name === b?.port?.name;
}
