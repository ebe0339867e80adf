import type { Ingress, IngressBackend, IngressTLS } from 'kubernetes-types/networking/v1';
import { ownLabels } from '../../../workload/canary-copy.ts';
import { previewName } from '../../preview.ts';
import type { ServicePair, TrafficSplit } from '../../split.ts';
import { PREFIX } from '../annotations.ts';
import { type Entry, entriesOf } from '../ingress.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/**
 * The annotations that the preview does not take from the main Ingress. All others of the controller shape its requests, and decide who
 * may come: the preview is as open as the users' hosts, and no more.
 */
const LEFT_OUT: readonly string[] = [
  // it is no canary, and has no users to split
  'canary',
  'canary-weight',
  'canary-weight-total',
  'canary-by-header',
  'canary-by-header-value',
  'canary-by-header-pattern',
  'canary-by-cookie',
  'affinity-canary-behavior',
  // names of hosts, which belong to one Ingress
  'server-alias',
  'from-to-www-redirect',
  // the cookie of another host; without it the cookie belongs to the preview's own
  'session-cookie-domain',
  // it is outside of all hosts, so that it would be there twice
  'stream-snippet',
].map((name) => PREFIX + name);

/**
 * The Ingresses that lead the preview's host to the canary, one for each main Ingress: its annotations, its class, and the paths of its
 * hosts that send to the split Services. Paths of these hosts that send elsewhere go along, because the app may need them. Of a path that
 * several hosts have, the preview takes the first, and rather one that leads to the canary.
 */
export function previewIngresses(mains: readonly Ingress[], split: TrafficSplit): Ingress[] {
  const taken = new Set<string>();
  const ordered = split.routes.flatMap(({ stable }) =>
    mains.filter(({ metadata }) => metadata?.name === stable),
  );
  return ordered.flatMap((main) => {
    const entries = previewEntries(main, split).filter(({ path }) => !taken.has(path));
    if (!entries.some((entry) => leadsToSplit(entry, split))) return [];
    for (const { path } of entries) taken.add(path);
    return [previewIngress(main, entries, split)];
  });
}

/** What the hosts that lead to the split Services send where, each path once. */
function previewEntries(main: Ingress, split: TrafficSplit): Entry[] {
  const all = entriesOf(main);
  const own = all.filter((entry) => leadsToSplit(entry, split));
  const others = all.filter((entry) => !own.includes(entry) && own.some(({ host }) => host === entry.host));
  const keyOf = ({ path, pathType }: Entry) => `${pathType} ${path}`;
  const entries = [...own, ...others];
  return entries.filter((entry, at) => entries.findIndex((each) => keyOf(each) === keyOf(entry)) === at);
}

function leadsToSplit({ backend }: Entry, split: TrafficSplit): boolean {
  return pairOf(backend, split) !== undefined;
}

function previewIngress(main: Ingress, entries: readonly Entry[], split: TrafficSplit): Ingress {
  const { name = '', namespace, annotations = {} } = main.metadata ?? {};
  const { ingressClassName } = main.spec ?? {};
  const kept = Object.entries(annotations).filter(
    ([key]) => key === CLASS_ANNOTATION || (key.startsWith(PREFIX) && !LEFT_OUT.includes(key)),
  );
  const tls = previewTls(main, split.preview ?? '');
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: previewName(name, split.workload),
      ...(namespace === undefined ? {} : { namespace }),
      labels: ownLabels(split.workload),
      ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }),
    },
    spec: {
      ...(ingressClassName === undefined ? {} : { ingressClassName }),
      ...(tls.length === 0 ? {} : { tls }),
      rules: [
        {
          ...(split.preview === undefined ? {} : { host: split.preview }),
          http: {
            paths: entries.map(({ path, pathType, backend }) => ({
              path,
              pathType,
              backend: toCanary(backend, pairOf(backend, split)),
            })),
          },
        },
      ],
    },
  };
}

/** The split Service that a backend is. */
export function pairOf({ service }: IngressBackend, { services }: TrafficSplit): ServicePair | undefined {
  return services.find(({ stable }) => stable === service?.name);
}

/**
 * The canary's Service, with its port named in the other way than the main Ingress does. The controller makes one upstream of the Service
 * and the port as written, and an upstream of a canary Ingress serves no host of its own (internal/ingress/controller, `NoServer`).
 */
function toCanary(backend: IngressBackend, pair: ServicePair | undefined): IngressBackend {
  if (!pair) return backend;
  return { service: { name: pair.canary, port: otherPort(backend, pair) } };
}

function otherPort({ service }: IngressBackend, pair: ServicePair): { number?: number; name?: string } {
  const { number, name } = service?.port ?? {};
  const found = portOf(pair, { number, name });
  return name ? { number: found?.port ?? 0 } : { name: found?.name ?? '' };
}

/** The port that a backend means; a Service with one port has no other. */
export function portOf(
  { ports = [] }: ServicePair,
  { number, name }: { number?: number | undefined; name?: string | undefined },
): { name: string; port: number } | undefined {
  const found = ports.find((each) => (name ? each.name === name : each.port === number));
  return found ?? (ports.length === 1 ? ports[0] : undefined);
}

/**
 * TLS of the preview's host, if the main Ingress has a certificate for it. Where it names one for no host in particular, the controller
 * looks whether the certificate is for this one.
 */
export function previewTls({ spec }: Ingress, host: string): IngressTLS[] {
  const covering = spec?.tls?.find(({ hosts = [] }) => hosts.some((each) => covers(each, host)));
  if (covering) {
    return [
      { hosts: [host], ...(covering.secretName === undefined ? {} : { secretName: covering.secretName }) },
    ];
  }
  return (spec?.tls ?? []).flatMap(({ hosts = [], secretName }) =>
    hosts.length > 0 || secretName === undefined ? [] : [{ secretName }],
  );
}

/** Whether a host of a certificate is this one; a wildcard stands for one label. */
function covers(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern.toLowerCase() === host;
  return host.includes('.') && pattern.slice(2).toLowerCase() === host.slice(host.indexOf('.') + 1);
}
