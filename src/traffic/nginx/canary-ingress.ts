import type { Ingress, IngressRule } from 'kubernetes-types/networking/v1';
import { ownLabels } from '../../workload/canary-copy.ts';
import type { ServicePair, Steer, TrafficSplit } from '../split.ts';
import {
  AFFINITY_CANARY_BEHAVIOR,
  CANARY,
  CANARY_BY_COOKIE,
  CANARY_BY_HEADER,
  CANARY_BY_HEADER_PATTERN,
  CANARY_BY_HEADER_VALUE,
  CANARY_WEIGHT,
  COPIED,
  NOT_FOR_DNS,
} from './annotations.ts';
import { entriesTo } from './ingress.ts';

/**
 * The canary Ingress of a main Ingress, at weight 0. It has the rules that send to the split Services, with
 * the canary Services instead. The port is written as in the main Ingress, because the controller's upstream
 * is the Service plus the port as written. TLS is left to the main Ingress.
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
      labels: ownLabels(split.workload),
      annotations: {
        ...(classAnnotation === undefined ? {} : { 'kubernetes.io/ingress.class': classAnnotation }),
        ...Object.fromEntries(copied.map((key) => [key, annotations?.[key] ?? ''])),
        // a sticky cookie would hold users on the canary even at weight 0; with this, the weight decides
        // again. Affinity belongs to the upstream, which other Ingresses may share.
        ...(split.routes.some(({ sticky }) => sticky) ? { [AFFINITY_CANARY_BEHAVIOR]: 'legacy' } : {}),
        ...NOT_FOR_DNS,
        [CANARY]: 'true',
        ...steering(split.steer),
        [CANARY_WEIGHT]: '0',
      },
    },
    spec: {
      ...(ingressClassName === undefined ? {} : { ingressClassName }),
      rules: canaryRules(main, split.services),
    },
  };
}

function steering({ header, cookie }: Steer = {}): Record<string, string> {
  return {
    ...(header ? { [CANARY_BY_HEADER]: header.name } : {}),
    ...(header?.value === undefined ? {} : { [CANARY_BY_HEADER_VALUE]: header.value }),
    ...(header?.pattern === undefined ? {} : { [CANARY_BY_HEADER_PATTERN]: header.pattern }),
    ...(cookie === undefined ? {} : { [CANARY_BY_COOKIE]: cookie }),
  };
}

/**
 * Rules for all that sends to the split Services. A default backend becomes a rule: the controller would give
 * the canary's to every location of its catch-all server, also to those of other applications.
 */
function canaryRules(main: Ingress, pairs: readonly ServicePair[]): IngressRule[] {
  const byStable = new Map(pairs.map(({ stable, canary }) => [stable, canary]));
  const entries = entriesTo(main, [...byStable.keys()]);
  return [...Map.groupBy(entries, ({ host }) => host)].map(([host, ofHost]) => ({
    ...(host === undefined ? {} : { host }),
    http: {
      paths: ofHost.map(({ path, pathType, backend }) => {
        const { name = '', ...rest } = backend.service ?? {};
        return { path, pathType, backend: { service: { ...rest, name: byStable.get(name) ?? name } } };
      }),
    },
  }));
}
