import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Container, Service } from 'kubernetes-types/core/v1';
import { hostsOf, type OtherRoute, otherRoutesTo } from './other-routes.ts';

/** Where users may come from without the router. */
export interface Surroundings {
  namespace: string;
  /** The workload itself; it may call its own Service. */
  workload: string;
  deployments: readonly Deployment[];
  others: readonly OtherRoute[];
}

/**
 * Who reaches the Services without the router, as far as it can be known, as parts of a sentence. They stay on
 * stable at any weight. Pure.
 */
export function outsiders(services: readonly Service[], around: Surroundings): string[] {
  return services.flatMap((service) => {
    const name = service.metadata?.name ?? '';
    return [
      ...fromOutside(service),
      ...otherRoutesTo(around.others, name).map((route) => `those of ${route}`),
      ...callersOf(service, around),
    ];
  });
}

/** How users outside of the cluster reach the Service itself. */
function fromOutside({ metadata, spec }: Service): string[] {
  const name = `Service/${metadata?.name}`;
  const { type, externalIPs = [] } = spec ?? {};
  return [
    ...(type === 'LoadBalancer' ? [`those of the load balancer of ${name}`] : []),
    ...(type === 'NodePort' ? [`those of the node port of ${name}`] : []),
    ...(externalIPs.length > 0 ? [`those of the external addresses of ${name}`] : []),
  ];
}

/** Deployments of the namespace whose containers are given the address of the Service. */
function callersOf(
  { metadata, spec }: Service,
  { namespace, workload, deployments }: Surroundings,
): string[] {
  const service = metadata?.name ?? '';
  const ports = new Set((spec?.ports ?? []).map(({ port }) => port));
  return deployments
    .filter((each) => each.metadata?.name !== workload)
    .filter((each) =>
      wordsOf(each).some((word) => isAddressOf(word, service, hostsOf(service, namespace), ports)),
    )
    .map((each) => `Deployment/${each.metadata?.name}, which calls Service/${service}`);
}

/** What the containers are told: values of their environment, and arguments. */
function wordsOf({ spec }: Deployment): string[] {
  const { containers = [], initContainers = [] } = spec?.template.spec ?? {};
  return [...containers, ...initContainers].flatMap(({ env, args, command }: Container) => [
    ...(env ?? []).flatMap(({ value }) => value ?? []),
    ...(args ?? []),
    ...(command ?? []),
  ]);
}

/**
 * Whether a word names the Service as an address: by a URL, by its name with a port of it, or by its full name.
 * Its bare name alone may be anything.
 */
function isAddressOf(
  word: string,
  service: string,
  hosts: readonly string[],
  ports: ReadonlySet<number>,
): boolean {
  const found =
    /(?:^|[\s,=])(?:([a-z][a-z0-9+.-]*):\/\/(?:[^@\s/]*@)?)?([a-z0-9.-]+)(?::(\d+))?(?=$|[/\s,?])/g;
  return [...word.matchAll(found)].some(([, scheme, host = '', port]) => {
    if (!hosts.includes(host.replace(/\.$/, ''))) return false;
    const isFull = host.includes('.svc') && host.startsWith(`${service}.`);
    return scheme !== undefined || isFull || (port !== undefined && ports.has(Number(port)));
  });
}
