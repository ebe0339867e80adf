import { ANNOTATION_TABLE } from './annotation-table.ts';

export const PREFIX = 'nginx.ingress.kubernetes.io/';
export const CANARY = `${PREFIX}canary`;
export const NEXT_UPSTREAM = `${PREFIX}proxy-next-upstream`;
export const CANARY_WEIGHT = `${PREFIX}canary-weight`;
export const CANARY_WEIGHT_TOTAL = `${PREFIX}canary-weight-total`;
export const CANARY_BY_HEADER = `${PREFIX}canary-by-header`;
export const CANARY_BY_HEADER_VALUE = `${PREFIX}canary-by-header-value`;
export const CANARY_BY_HEADER_PATTERN = `${PREFIX}canary-by-header-pattern`;
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
 * The annotations that a canary Ingress needs from the main Ingress, because the controller reads them for each
 * upstream. Others (cert-manager, external-dns, snippets) must not be copied, because they would act twice.
 */
export const COPIED = [...ANNOTATION_TABLE]
  .filter(([, { treatment }]) => treatment === 'copied')
  .map(([name]) => PREFIX + name);
