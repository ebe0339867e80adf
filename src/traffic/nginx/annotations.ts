const PREFIX = 'nginx.ingress.kubernetes.io/';
export const CANARY = `${PREFIX}canary`;
export const CANARY_WEIGHT = `${PREFIX}canary-weight`;
export const CANARY_BY_HEADER = `${PREFIX}canary-by-header`;
export const CANARY_BY_HEADER_VALUE = `${PREFIX}canary-by-header-value`;
export const CANARY_BY_COOKIE = `${PREFIX}canary-by-cookie`;
export const AFFINITY = `${PREFIX}affinity`;
export const AFFINITY_CANARY_BEHAVIOR = `${PREFIX}affinity-canary-behavior`;

/**
 * external-dns ignores an object whose controller has another name (its docs, "Annotations"). Without it, the
 * canary Ingress would be a second source of the host's record, with other targets and another TTL. The second
 * prefix is that of external-dns 0.22 and later.
 */
export const NOT_FOR_DNS: Readonly<Record<string, string>> = {
  'external-dns.alpha.kubernetes.io/controller': 'drone-promote',
  'external-dns.kubernetes.io/controller': 'drone-promote',
};

/**
 * The annotations that a canary Ingress needs from the main Ingress. The controller reads only these and the
 * canary annotations on a canary Ingress. Others (cert-manager, external-dns, snippets) must not be copied,
 * because they would act twice.
 */
export const COPIED = [
  'load-balance',
  'upstream-hash-by',
  'upstream-hash-by-subset',
  'upstream-hash-by-subset-size',
].map((name) => PREFIX + name);
