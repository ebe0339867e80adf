import type { Any, Store, Stored } from '../api-server/store.ts';
import { readyAddresses } from '../controllers/endpoints.ts';

export const PREFIX = 'nginx.ingress.kubernetes.io/';

/** Addresses behind a Service, as the controller names them: `NAMESPACE-SERVICE-PORT`. */
export interface Backend {
  namespace: string;
  key: string;
  addresses: string[];
}

/** The host of the server that takes what no other does. */
export const CATCH_ALL = '_';

/** A flag that the controller's pod is started with. */
function flagOf(store: Store, name: string): string | undefined {
  const words: string[] =
    store
      .get('pods', 'ingress-nginx', 'controller')
      ?.spec.containers.flatMap((each: Any) => each.args ?? []) ?? [];
  return words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** An Ingress with the annotations that the controller reads (`--annotations-prefix`), by the usual prefix. */
function asRead(ingress: Stored, prefix: string | undefined): Stored {
  if (prefix === undefined) return ingress;
  const read = Object.entries(ingress.metadata.annotations ?? {}).flatMap(([key, value]) =>
    key.startsWith(PREFIX) ? [] : [[key.replace(`${prefix}/`, PREFIX), value]],
  );
  return { ...ingress, metadata: { ...ingress.metadata, annotations: Object.fromEntries(read) } };
}

/** The Ingresses that the controller takes for its own, the oldest first, with the annotations that it reads. */
export function served(store: Store): Stored[] {
  const [prefix, ownClass] = [flagOf(store, 'annotations-prefix'), flagOf(store, 'controller-class')];
  const controllers = new Map(
    store.list('ingressclasses').map((each) => [each.metadata.name, each.spec.controller as string]),
  );
  return store
    .list('ingresses')
    .filter(({ spec, metadata }) => {
      const annotation = metadata.annotations?.['kubernetes.io/ingress.class'];
      const name = spec.ingressClassName ?? annotation;
      const controller = controllers.get(name) ?? (annotation === 'nginx' ? 'ingress-nginx' : '');
      return ownClass === undefined ? /ingress-nginx$/.test(controller) : controller === ownClass;
    })
    .map((each) => asRead(each, prefix))
    .sort(
      (a, b) =>
        Number(a.metadata.creationTimestamp > b.metadata.creationTimestamp) ||
        a.metadata.name.localeCompare(b.metadata.name),
    );
}

export function isCanary(ingress: Stored): boolean {
  return ingress.metadata.annotations?.[`${PREFIX}canary`] === 'true';
}

/** A host with a certificate is served over https alone, unless the Ingress says otherwise. */
export function redirectsToTls(ingress: Stored, host: string): boolean {
  const { annotations = {} } = ingress.metadata;
  const hasTls = (ingress.spec.tls ?? []).some((each: Any) => each.hosts?.includes(host));
  return (
    hasTls &&
    annotations[`${PREFIX}ssl-redirect`] !== 'false' &&
    annotations[`${PREFIX}ssl-passthrough`] !== 'true'
  );
}

/** Hosts, paths and Services of an Ingress, as they are written. */
export function rulesOf(ingress: Stored): { host: string; path: string; pathType: string; service: Any }[] {
  return (ingress.spec.rules ?? []).flatMap((rule: Any) =>
    (rule.http?.paths ?? []).map((each: Any) => ({
      host: rule.host ?? CATCH_ALL,
      path: each.path ?? '',
      pathType: each.pathType,
      service: each.backend.service,
    })),
  );
}

/** The ready addresses of a Service that an Ingress, or a route, names. */
export function backendOf(store: Store, ingress: Stored, service: Any): Backend {
  const { namespace = '' } = ingress.metadata;
  const addresses = readyAddresses(store, namespace, service.name);
  const port = service.port?.name ?? service.port?.number;
  return { namespace, key: `${namespace}-${service.name}-${port}`, addresses };
}
