import type { Ingress, IngressBackend, IngressRule, IngressSpec } from 'kubernetes-types/networking/v1';
import { ownLabels } from '../../workload/canary-copy.ts';
import type { ServicePair, Steer, TrafficSplit } from '../router.ts';
import {
  AFFINITY_CANARY_BEHAVIOR,
  CANARY,
  CANARY_BY_COOKIE,
  CANARY_BY_HEADER,
  CANARY_BY_HEADER_VALUE,
  CANARY_WEIGHT,
  COPIED,
  NOT_FOR_DNS,
} from './annotations.ts';
import { hasAffinity } from './ingress.ts';

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
        // again
        ...(hasAffinity(main) ? { [AFFINITY_CANARY_BEHAVIOR]: 'legacy' } : {}),
        ...NOT_FOR_DNS,
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
    ...(header ? { [CANARY_BY_HEADER]: header.name } : {}),
    ...(header?.value === undefined ? {} : { [CANARY_BY_HEADER_VALUE]: header.value }),
    ...(cookie === undefined ? {} : { [CANARY_BY_COOKIE]: cookie }),
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
