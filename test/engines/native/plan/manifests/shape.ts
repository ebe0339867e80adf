import type { Deployment } from 'kubernetes-types/apps/v1';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';
import type { PersistentVolumeClaim, Service } from 'kubernetes-types/core/v1';
import type { Ingress } from 'kubernetes-types/networking/v1';
import type { KubeObject } from '../../../../../src/cluster/resource.ts';
import { OTHER_ROUTES } from '../../../../../src/traffic/other-routes.ts';
import { FROM, type Given, inventory } from '../../fixtures.ts';

const NGINX = 'nginx.ingress.kubernetes.io/';

type Strings = Record<string, string>;

/** A Deployment of a chart in few words. */
interface Workload {
  labels: Strings;
  /** The labels of its selector; all of its pods' without it. */
  selector?: Strings;
  metadata?: { labels?: Strings; annotations?: Strings };
  image?: string;
  replicas?: number;
  paused?: boolean;
  strategy?: NonNullable<Deployment['spec']>['strategy'];
  hostPort?: number;
  hostNetwork?: boolean;
  /** Names of volume claims, with the access mode of each. */
  claims?: Strings;
  env?: Strings;
  scaled?: boolean;
}

/** A Service: what it selects, and its type. */
interface Front {
  selector: Strings;
  type?: string;
  headless?: boolean;
  port?: number;
}

/** An Ingress: paths by host, to `SERVICE` or `SERVICE:PORT`. `*` is every host. */
interface Way {
  /** `ingressClassName`; `nginx` without it, none if null. */
  class?: string | null;
  /** The class as the older annotation. */
  classAnnotation?: string;
  hosts?: Record<string, Strings>;
  fallback?: string;
  /** Annotations of ingress-nginx, without its prefix. */
  nginx?: Strings;
  annotations?: Strings;
  pathType?: string;
  tls?: boolean;
}

/** The objects of a namespace, rebuilt after a public chart or example. */
export interface Shape {
  deployments: Record<string, Workload>;
  services?: Record<string, Front>;
  ingresses?: Record<string, Way>;
  /** Objects of other routers: kind and spec. */
  others?: { kind: string; spec: object }[];
}

/** Classes of all clusters of the table. */
const CLASSES = {
  nginx: 'k8s.io/ingress-nginx',
  'nginx-internal': 'k8s.io/internal-ingress-nginx',
  'webapprouting.kubernetes.azure.com': 'webapprouting.kubernetes.azure.com/nginx',
  alb: 'ingress.k8s.aws/alb',
  traefik: 'traefik.io/ingress-controller',
};

/** The inventory of a shape. */
export function inventoryOf({ deployments, services = {}, ingresses = {}, others = [] }: Shape) {
  const given: Partial<Given> = {
    deployments: Object.entries(deployments).map(deploymentOf),
    services: Object.entries(services).map(serviceOf),
    ingresses: Object.entries(ingresses).map(ingressOf),
    classes: Object.entries(CLASSES).map(([name, controller]) => ({
      metadata: { name },
      spec: { controller },
    })),
    claims: Object.values(deployments).flatMap(({ claims = {} }) => Object.entries(claims).map(claimOf)),
    autoscalers: Object.entries(deployments).flatMap(([name, { scaled }]) =>
      scaled ? [autoscalerOf(name)] : [],
    ),
    others: others.flatMap(({ kind, spec }) =>
      OTHER_ROUTES.filter((each) => each.kind === kind).map((resource) => ({
        resource,
        object: { metadata: { name: 'route', namespace: 'shop' }, spec } as KubeObject,
      })),
    ),
  };
  return inventory(given);
}

function deploymentOf([name, workload]: [string, Workload]): Deployment {
  const { labels, selector = labels, metadata, image = FROM, replicas = 2, claims = {} } = workload;
  const { strategy, paused, hostPort, hostNetwork, env = {} } = workload;
  return {
    metadata: { name, namespace: 'shop', labels, ...metadata },
    spec: {
      replicas,
      ...(strategy ? { strategy } : {}),
      ...(paused ? { paused } : {}),
      selector: { matchLabels: selector },
      template: {
        metadata: { labels },
        spec: {
          ...(hostNetwork ? { hostNetwork } : {}),
          containers: [
            {
              name: 'app',
              image,
              ports: [{ containerPort: 8080, ...(hostPort ? { hostPort } : {}) }],
              env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
            },
          ],
          volumes: Object.keys(claims).map((claimName) => ({
            name: claimName,
            persistentVolumeClaim: { claimName },
          })),
        },
      },
    },
    status: { replicas, availableReplicas: replicas, readyReplicas: replicas, updatedReplicas: replicas },
  };
}

function serviceOf([name, { selector, type = 'ClusterIP', headless, port = 80 }]: [string, Front]): Service {
  return {
    metadata: { name, namespace: 'shop' },
    spec: { selector, type, ports: [{ port }], ...(headless ? { clusterIP: 'None' } : {}) },
  };
}

function ingressOf([name, way]: [string, Way]): Ingress {
  const {
    hosts = {},
    fallback,
    nginx = {},
    annotations = {},
    classAnnotation,
    pathType = 'Prefix',
    tls,
  } = way;
  const ingressClassName = way.class === undefined && classAnnotation === undefined ? 'nginx' : way.class;
  const backend = (to: string) => {
    const [service = '', port = '80'] = to.split(':');
    return {
      service: { name: service, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } },
    };
  };
  return {
    metadata: {
      name,
      namespace: 'shop',
      annotations: {
        ...annotations,
        ...(classAnnotation ? { 'kubernetes.io/ingress.class': classAnnotation } : {}),
        ...Object.fromEntries(Object.entries(nginx).map(([key, value]) => [NGINX + key, value])),
      },
    },
    spec: {
      ...(ingressClassName ? { ingressClassName } : {}),
      ...(tls ? { tls: [{ hosts: Object.keys(hosts), secretName: 'tls' }] } : {}),
      ...(fallback ? { defaultBackend: backend(fallback) } : {}),
      rules: Object.entries(hosts).map(([host, paths]) => ({
        ...(host === '*' ? {} : { host }),
        http: {
          paths: Object.entries(paths).map(([path, to]) => ({ path, pathType, backend: backend(to) })),
        },
      })),
    },
  };
}

function claimOf([name, mode]: [string, string]): PersistentVolumeClaim {
  return { metadata: { name }, spec: { accessModes: [mode] } };
}

function autoscalerOf(name: string): HorizontalPodAutoscaler {
  return {
    metadata: { name },
    spec: {
      maxReplicas: 9,
      minReplicas: 2,
      scaleTargetRef: { kind: 'Deployment', name, apiVersion: 'apps/v1' },
    },
  };
}
