import type { HTTPIngressPath, Ingress } from 'kubernetes-types/networking/v1';
import { ownLabels } from '../../workload/canary-copy.ts';
import { canaryName } from '../../workload/names.ts';
import type { ServicePair } from '../split.ts';
import { type IngressRoute, ingressRoutes, type RouteRule, type ServiceRef } from './kinds.ts';

/** The beginning of Traefik's annotations on an Ingress and on a Service. */
export const ANNOTATIONS = 'traefik.ingress.kubernetes.io/';
const ROUTER = `${ANNOTATIONS}router.`;
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
/** The weights of the pair add up to this. */
const WHOLE = 100;
const MATCHERS = ['Path', 'PathPrefix', 'PathRegexp'];

/** A path of an Ingress, as Traefik makes a router of it (pkg/provider/kubernetes/ingress of Traefik 3.7). */
export interface IngressPath {
  host: string;
  path: string;
  backend: HTTPIngressPath['backend'];
  /** The rule of Traefik's router. */
  rule: string;
  /** The router with the highest one gets the request; the length of the rule, if nobody says otherwise. */
  priority: number;
}

/** The name of the IngressRoute that stands in front of an Ingress; two workloads may be behind one Ingress. */
export function standInName(ingress: string, workload: string): string {
  return canaryName(ingress === workload ? ingress : `${ingress}-${workload}`, 253);
}

/** The value of one of Traefik's annotations for routers. */
export function routerAnnotation({ metadata }: Ingress, name: string): string | undefined {
  const wanted = `${ROUTER}${name}`;
  const found = Object.entries(metadata?.annotations ?? {}).find(([key]) => key.toLowerCase() === wanted);
  return found?.[1];
}

/** The paths of an Ingress with the rules and priorities that Traefik gives them. */
export function pathsOf(ingress: Ingress): IngressPath[] {
  const matcher = routerAnnotation(ingress, 'pathmatcher') ?? 'PathPrefix';
  const priority = Number(routerAnnotation(ingress, 'priority') ?? 0);
  return (ingress.spec?.rules ?? []).flatMap(({ host = '', http }) =>
    (http?.paths ?? []).map(({ path = '', pathType, backend }) => {
      const isOwn = pathType === undefined || pathType === 'ImplementationSpecific';
      const by = isOwn ? matcher : pathType === 'Exact' ? 'Path' : 'PathPrefix';
      const rule = [
        ...(host === '' ? [] : [`Host(${JSON.stringify(host)})`]),
        ...(path === '' ? [] : [`${by}(${JSON.stringify(path)})`]),
      ].join(' && ');
      return { host, path, backend, rule, priority: priority || rule.length };
    }),
  );
}

/** Whether Traefik knows the matcher that the Ingress names. */
export function hasKnownMatcher(ingress: Ingress): boolean {
  return MATCHERS.includes(routerAnnotation(ingress, 'pathmatcher') ?? 'PathPrefix');
}

/**
 * The IngressRoute of ours that takes the place of an Ingress for the paths of the split Services: the same rules with a priority that is
 * higher by one, entrypoints, middlewares and TLS of the Ingress, and both Services with weights, the canary's at 0.
 *
 * @param withOthers the paths of its hosts that send elsewhere are in it too
 */
export function standIn(
  ingress: Ingress,
  { services, workload }: { services: readonly ServicePair[]; workload: string },
  withOthers = false,
): IngressRoute {
  const name = ingress.metadata?.name ?? '';
  const { namespace } = ingress.metadata ?? {};
  const entryPoints = wordsOf(routerAnnotation(ingress, 'entrypoints'));
  const chain = wordsOf(routerAnnotation(ingress, 'middlewares')).map((each) => ({
    name: ownReference(each, namespace ?? '') ?? each,
  }));
  const syntax = routerAnnotation(ingress, 'rulesyntax');
  const pairOf = ({ backend }: IngressPath) =>
    services.find(({ stable }) => stable === backend.service?.name);
  const paths = pathsOf(ingress);
  const hosts = new Set(paths.filter((each) => pairOf(each)).map(({ host }) => host));
  const routes = paths.flatMap((path): RouteRule[] => {
    const { backend, rule, priority, host } = path;
    const pair = pairOf(path);
    const name = backend.service?.name;
    if (!pair && (!withOthers || !hosts.has(host) || name === undefined)) return [];
    return [
      {
        kind: 'Rule',
        match: rule,
        priority: priority + 1,
        ...(syntax === undefined ? {} : { syntax }),
        ...(chain.length === 0 ? {} : { middlewares: chain }),
        services: pair
          ? [
              { ...refOf(backend), name: pair.stable, weight: WHOLE },
              { ...refOf(backend), name: pair.canary, weight: 0 },
            ]
          : [{ ...refOf(backend), name: name ?? '' }],
      },
    ];
  });
  const tls = tlsOf(ingress);
  const ofClass = ingress.spec?.ingressClassName ?? ingress.metadata?.annotations?.[CLASS_ANNOTATION];
  return {
    apiVersion: `${ingressRoutes.group}/${ingressRoutes.version}`,
    kind: ingressRoutes.kind,
    metadata: {
      name: standInName(name, workload),
      ...(namespace === undefined ? {} : { namespace }),
      labels: ownLabels(workload),
      // a Traefik that serves one class alone knows its IngressRoutes by it
      ...(ofClass === undefined ? {} : { annotations: { [CLASS_ANNOTATION]: ofClass } }),
    },
    spec: {
      ...(entryPoints.length === 0 ? {} : { entryPoints }),
      routes,
      ...(tls === undefined ? {} : { tls }),
    },
  };
}

/** The middlewares that the Ingress names and that are of Traefik's own kind, in its namespace, and all that it names. */
export function middlewaresOf(ingress: Ingress): { all: string[]; own: string[] } {
  const all = wordsOf(routerAnnotation(ingress, 'middlewares'));
  const own = all.flatMap((each) => ownReference(each, ingress.metadata?.namespace ?? '') ?? []);
  return { all, own };
}

/**
 * The name of an object of Traefik in the Ingress's namespace. An Ingress names it `NAMESPACE-NAME@kubernetescrd`. In an IngressRoute, Traefik
 * takes that form only if references across namespaces are allowed.
 */
function ownReference(reference: string, namespace: string): string | undefined {
  const [, name] = /^(.+)@kubernetescrd$/.exec(reference) ?? [];
  return name?.startsWith(`${namespace}-`) ? name.slice(namespace.length + 1) : undefined;
}

/** The port of a backend, by number or by name. */
function refOf({ service }: HTTPIngressPath['backend']): Pick<ServiceRef, 'port'> {
  const port = service?.port?.number ?? service?.port?.name;
  return port === undefined ? {} : { port };
}

/** The certificates of the Ingress are Traefik's already, because it keeps those of all Ingresses in one store. */
function tlsOf(ingress: Ingress): object | undefined {
  const of = (name: string) => routerAnnotation(ingress, `tls.${name}`);
  const [certResolver, options] = [of('certresolver'), of('options')];
  const domains = [0, 1, 2, 3, 4].flatMap((index) => {
    const [main, sans] = [of(`domains.${index}.main`), of(`domains.${index}.sans`)];
    return main === undefined ? [] : [{ main, ...(sans === undefined ? {} : { sans: wordsOf(sans) }) }];
  });
  const isOn = routerAnnotation(ingress, 'tls') === 'true' || certResolver || options || domains.length > 0;
  if (!isOn) return undefined;
  return {
    ...(certResolver === undefined ? {} : { certResolver }),
    ...(options === undefined
      ? {}
      : { options: { name: ownReference(options, ingress.metadata?.namespace ?? '') ?? options } }),
    ...(domains.length === 0 ? {} : { domains }),
  };
}

function wordsOf(list: string | undefined): string[] {
  return (list ?? '').split(',').flatMap((word) => word.trim() || []);
}
