import type { Ingress } from 'kubernetes-types/networking/v1';
import type { TrafficSplit } from '../../split.ts';
import { literal, normalized, sidesByPattern } from './names.ts';
import type { SideOf } from './page.ts';

/**
 * Whose requests the services count that Traefik makes of Ingresses with the annotations of ingress-nginx: `NAMESPACE-INGRESS-SERVICE-PORT`,
 * and the same with `-canary` for those that a canary Ingress gets (measured with 3.7.15).
 */
export function annotatedServices(
  { namespace, routes, services }: TrafficSplit,
  all: readonly Ingress[],
): SideOf {
  const names = routes.flatMap(({ stable }) => {
    const ports = portsOf(all.find(({ metadata }) => metadata?.name === stable));
    return services.flatMap((pair) =>
      ports.map((port) => literal(normalized(`${namespace}-${stable}-${pair.stable}-${port}`))),
    );
  });
  const pattern = (end: string) => names.map((name) => new RegExp(`^${name}${end}@kubernetesingressnginx$`));
  return sidesByPattern({ canary: pattern('-canary'), stable: pattern('') });
}

/** The ports of its backends, by number or by name. */
function portsOf(ingress: Ingress | undefined): (number | string)[] {
  const { defaultBackend, rules = [] } = ingress?.spec ?? {};
  const backends = [
    defaultBackend,
    ...rules.flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend)),
  ];
  return [
    ...new Set(backends.flatMap((each) => each?.service?.port?.number ?? each?.service?.port?.name ?? [])),
  ];
}
