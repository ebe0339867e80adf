import type { ErrorCode } from '../../../../../src/errors.ts';
import type { Shape } from './shape.ts';

/** A public chart or example, what is promoted in it, and what must come. */
export interface PublicShape {
  /** As docs/compatibility.md names it. */
  name: string;
  /** The Deployment to promote. */
  workload: string;
  shape: Shape;
  /** `traffic: nginx` is set. */
  insists?: true;
  /** The reasons to refuse; a plan without them. */
  refused?: ErrorCode[];
  /** The warnings of the plan, in their order. */
  warnings?: RegExp[];
}

type Strings = Record<string, string>;

const chart = (name: string, more: Strings = {}): Strings => ({
  'app.kubernetes.io/name': name,
  'app.kubernetes.io/instance': 'shop',
  ...more,
});
const HELM = {
  annotations: { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'shop' },
};
const HELM_SAYS = /Helm installed Deployment/;
const host = (to: string, path = '/') => ({ 'shop.example.com': { [path]: to } });
const TLS = { annotations: { 'cert-manager.io/cluster-issuer': 'letsencrypt' }, tls: true } as const;

/** A Deployment, its Service and its Ingress, all of one name. */
function plain(name: string, over: Partial<Shape> = {}, labels: Strings = { app: name }): Shape {
  return {
    deployments: { [name]: { labels } },
    services: { [name]: { selector: labels } },
    ingresses: { [name]: { hosts: host(name) } },
    ...over,
  };
}

const guestbook = { app: 'guestbook', tier: 'frontend' };
const boutique: Shape['deployments'] = {
  frontend: { labels: { app: 'frontend' } },
  loadgenerator: {
    labels: { app: 'loadgenerator' },
    image: 'loadgenerator:1',
    env: { FRONTEND_ADDR: 'frontend:80' },
  },
  cartservice: { labels: { app: 'cartservice' }, env: { REDIS_ADDR: 'redis-cart:6379' } },
};

export const PUBLIC_SHAPES: readonly PublicShape[] = [
  // charts
  {
    name: 'helm create, the chart it makes',
    workload: 'web',
    shape: plain('web', {
      deployments: { web: { labels: chart('web'), metadata: HELM } },
      services: { web: { selector: chart('web') } },
    }),
    warnings: [HELM_SAYS],
  },
  {
    name: 'podinfo chart, with autoscaler',
    workload: 'podinfo',
    shape: plain('podinfo', {
      deployments: {
        podinfo: {
          labels: chart('podinfo'),
          selector: { 'app.kubernetes.io/name': 'podinfo' },
          scaled: true,
        },
      },
      services: { podinfo: { selector: { 'app.kubernetes.io/name': 'podinfo' } } },
    }),
  },
  {
    name: 'podinfo chart, with an HTTPRoute beside the Ingress',
    workload: 'podinfo',
    shape: plain('podinfo', {
      others: [{ kind: 'HTTPRoute', spec: { rules: [{ backendRefs: [{ name: 'podinfo' }] }] } }],
    }),
    warnings: [/those of HTTPRoute\/route\./],
  },
  {
    name: 'Argo CD server, TLS passed through',
    workload: 'argocd-server',
    shape: plain('argocd-server', {
      ingresses: {
        server: {
          hosts: host('argocd-server:https'),
          nginx: { 'ssl-passthrough': 'true', 'backend-protocol': 'HTTPS' },
        },
      },
    }),
    refused: ['unsplittable'],
  },
  {
    name: 'Argo CD server, TLS ended at ingress-nginx',
    workload: 'argocd-server',
    shape: plain('argocd-server', {
      ingresses: {
        server: {
          hosts: host('argocd-server'),
          nginx: { 'force-ssl-redirect': 'true', 'backend-protocol': 'HTTP' },
          ...TLS,
        },
      },
    }),
  },
  {
    name: 'Kubernetes Dashboard',
    workload: 'dashboard',
    shape: plain(
      'dashboard',
      { ingresses: { dashboard: { hosts: host('dashboard:443'), nginx: { 'backend-protocol': 'HTTPS' } } } },
      { 'k8s-app': 'kubernetes-dashboard' },
    ),
  },
  {
    name: 'Grafana chart, with a disk',
    workload: 'grafana',
    shape: plain('grafana', {
      deployments: { grafana: { labels: { app: 'grafana' }, claims: { grafana: 'ReadWriteOnce' } } },
    }),
    refused: ['volume'],
  },
  {
    name: 'Grafana chart, with a database',
    workload: 'grafana',
    shape: plain('grafana', { deployments: { grafana: { labels: { app: 'grafana' }, metadata: HELM } } }),
    warnings: [HELM_SAYS],
  },
  {
    name: 'Prometheus chart, its server',
    workload: 'server',
    shape: plain('server', {
      deployments: {
        server: {
          labels: { app: 'server' },
          replicas: 1,
          strategy: { type: 'Recreate' },
          claims: { data: 'ReadWriteOnce' },
        },
      },
    }),
    refused: ['recreate', 'volume'],
  },
  {
    name: 'WordPress of Bitnami, with one disk',
    workload: 'wordpress',
    shape: plain('wordpress', {
      deployments: {
        wordpress: { labels: chart('wordpress'), replicas: 1, claims: { wordpress: 'ReadWriteOnce' } },
      },
      services: { wordpress: { selector: chart('wordpress'), type: 'LoadBalancer' } },
    }),
    refused: ['volume'],
  },
  {
    name: 'WordPress of Bitnami, with a shared disk',
    workload: 'wordpress',
    shape: plain('wordpress', {
      deployments: { wordpress: { labels: chart('wordpress'), claims: { wordpress: 'ReadWriteMany' } } },
      services: { wordpress: { selector: chart('wordpress') } },
      ingresses: { wordpress: { hosts: host('wordpress:http'), pathType: 'ImplementationSpecific' } },
    }),
  },
  {
    name: 'nginx of Bitnami, whose Service is a load balancer',
    workload: 'nginx',
    shape: plain('nginx', { services: { nginx: { selector: { app: 'nginx' }, type: 'LoadBalancer' } } }),
    warnings: [/those of the load balancer of Service\/nginx\./],
  },
  {
    name: 'Drupal with sticky sessions',
    workload: 'drupal',
    shape: plain('drupal', {
      ingresses: {
        drupal: {
          hosts: host('drupal'),
          nginx: { affinity: 'cookie', 'session-cookie-name': 'route', 'session-cookie-max-age': '172800' },
        },
      },
    }),
    warnings: [/those of Ingress\/drupal who have its session cookie\./],
  },
  {
    name: 'Nextcloud chart',
    workload: 'nextcloud',
    shape: plain('nextcloud', {
      deployments: {
        nextcloud: { labels: { app: 'nextcloud' }, replicas: 1, strategy: { type: 'Recreate' } },
      },
    }),
    refused: ['recreate'],
  },
  {
    name: 'Gitea chart',
    workload: 'gitea',
    shape: plain('gitea', {
      deployments: {
        gitea: {
          labels: { app: 'gitea' },
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '100%', maxSurge: 0 } },
        },
      },
    }),
    refused: ['max-unavailable'],
  },
  {
    name: 'Jenkins chart, a StatefulSet',
    workload: 'jenkins',
    shape: { deployments: { agent: { labels: { app: 'agent' } } } },
    refused: ['workload'],
  },
  {
    name: 'Harbor chart, its portal behind an Ingress of five paths',
    workload: 'portal',
    shape: {
      deployments: {
        portal: { labels: { app: 'harbor', component: 'portal' } },
        core: { labels: { app: 'harbor', component: 'core' }, image: 'core:1' },
      },
      services: {
        portal: { selector: { app: 'harbor', component: 'portal' } },
        core: { selector: { app: 'harbor', component: 'core' } },
      },
      ingresses: {
        harbor: {
          hosts: {
            'shop.example.com': {
              '/api/': 'core',
              '/service/': 'core',
              '/v2/': 'core',
              '/c/': 'core',
              '/': 'portal',
            },
          },
          nginx: { 'ssl-redirect': 'true', 'proxy-body-size': '0' },
        },
      },
    },
  },
  {
    name: 'Rancher chart, without a class',
    workload: 'rancher',
    shape: plain('rancher', {
      ingresses: {
        rancher: {
          class: null,
          hosts: host('rancher'),
          nginx: { 'proxy-connect-timeout': '30', 'proxy-read-timeout': '1800' },
        },
      },
    }),
    refused: ['ingress-class'],
  },
  {
    name: 'Rancher chart, without a class, `traffic: nginx`',
    workload: 'rancher',
    insists: true,
    shape: plain('rancher', { ingresses: { rancher: { class: null, hosts: host('rancher') } } }),
  },
  {
    name: 'JupyterHub chart, its proxy',
    workload: 'proxy',
    shape: plain('proxy', {
      deployments: {
        proxy: { labels: { app: 'jupyterhub', component: 'proxy' }, strategy: { type: 'Recreate' } },
      },
      services: { 'proxy-public': { selector: { component: 'proxy' }, type: 'LoadBalancer' } },
      ingresses: { jupyterhub: { hosts: host('proxy-public:http') } },
    }),
    refused: ['recreate'],
  },
  {
    name: 'Mattermost chart',
    workload: 'mattermost',
    shape: plain('mattermost', {
      deployments: { mattermost: { labels: { app: 'mattermost' }, claims: { data: 'ReadWriteOncePod' } } },
    }),
    refused: ['volume'],
  },
  {
    name: 'oauth2-proxy chart',
    workload: 'oauth2-proxy',
    shape: plain('oauth2-proxy', {
      ingresses: { 'oauth2-proxy': { hosts: host('oauth2-proxy:http', '/oauth2') } },
    }),
  },
  {
    name: 'an app behind oauth2-proxy',
    workload: 'web',
    shape: plain('web', {
      ingresses: {
        web: {
          hosts: host('web'),
          nginx: {
            'auth-url': 'https://$host/oauth2/auth',
            'auth-signin': 'https://$host/oauth2/start?rd=$escaped_request_uri',
          },
          ...TLS,
        },
      },
    }),
  },
  {
    name: 'Sentry chart, its web and its relay behind one Ingress',
    workload: 'sentry-web',
    shape: {
      deployments: {
        'sentry-web': { labels: { app: 'sentry', role: 'web' } },
        relay: {
          labels: { app: 'sentry', role: 'relay' },
          image: 'relay:1',
          env: { RELAY_UPSTREAM_URL: 'http://sentry-web:80' },
        },
      },
      services: {
        'sentry-web': { selector: { app: 'sentry', role: 'web' } },
        relay: { selector: { app: 'sentry', role: 'relay' } },
      },
      ingresses: { sentry: { hosts: { 'shop.example.com': { '/': 'sentry-web', '/api/store': 'relay' } } } },
    },
    warnings: [/Deployment\/relay, which calls Service\/sentry-web\./],
  },
  {
    name: 'Airflow chart, its webserver',
    workload: 'webserver',
    shape: plain(
      'webserver',
      {
        ingresses: { webserver: { hosts: host('webserver:airflow-ui'), pathType: 'ImplementationSpecific' } },
      },
      { tier: 'airflow', component: 'webserver', release: 'shop' },
    ),
  },
  {
    name: 'Traefik dashboard route of the Traefik chart',
    workload: 'web',
    shape: plain('web', {
      ingresses: {},
      others: [{ kind: 'IngressRoute', spec: { routes: [{ services: [{ name: 'web' }] }] } }],
    }),
    refused: ['ingress'],
  },
  // examples of Kubernetes and its neighbours
  {
    name: 'Kubernetes guestbook, as it is',
    workload: 'frontend',
    shape: plain('frontend', {
      deployments: { frontend: { labels: guestbook } },
      services: { frontend: { selector: guestbook } },
      ingresses: {},
    }),
    refused: ['ingress'],
  },
  {
    name: 'Kubernetes guestbook, with load balancer and Ingress',
    workload: 'frontend',
    shape: plain('frontend', {
      deployments: { frontend: { labels: guestbook } },
      services: { frontend: { selector: guestbook, type: 'LoadBalancer' } },
    }),
    warnings: [/load balancer of Service\/frontend\./],
  },
  {
    name: 'Online Boutique, its frontend with an Ingress',
    workload: 'frontend',
    shape: {
      deployments: boutique,
      services: {
        frontend: { selector: { app: 'frontend' } },
        'frontend-external': { selector: { app: 'frontend' }, type: 'LoadBalancer' },
      },
      ingresses: { frontend: { hosts: host('frontend') } },
    },
    warnings: [
      /Deployment\/loadgenerator, which calls Service\/frontend; those of the load balancer of Service\/frontend-external\./,
    ],
  },
  {
    name: 'Online Boutique, its cart, which no Ingress reaches',
    workload: 'cartservice',
    shape: { deployments: boutique, services: { cartservice: { selector: { app: 'cartservice' } } } },
    refused: ['ingress'],
  },
  {
    name: 'minikube tutorial, an Ingress without a class',
    workload: 'web',
    shape: plain('web', {
      ingresses: { example: { class: null, hosts: { 'hello-world.example': { '/': 'web:8080' } } } },
      services: { web: { selector: { app: 'web' }, type: 'NodePort' } },
    }),
    refused: ['ingress-class'],
  },
  {
    name: 'minikube tutorial, `traffic: nginx`',
    workload: 'web',
    insists: true,
    shape: plain('web', {
      ingresses: { example: { class: null, hosts: { 'hello-world.example': { '/': 'web:8080' } } } },
      services: { web: { selector: { app: 'web' }, type: 'NodePort' } },
    }),
    warnings: [/those of the node port of Service\/web\./],
  },
  {
    name: 'kuard with cert-manager, the class as an annotation',
    workload: 'kuard',
    shape: plain('kuard', {
      ingresses: { kuard: { classAnnotation: 'nginx', hosts: host('kuard'), ...TLS } },
    }),
  },
  {
    name: 'AKS store demo, behind the application routing',
    workload: 'store-front',
    shape: plain('store-front', {
      ingresses: {
        'store-front': {
          class: 'webapprouting.kubernetes.azure.com',
          hosts: { '*': { '/': 'store-front' } },
        },
      },
    }),
  },
  {
    name: 'AWS 2048 game, behind an ALB',
    workload: 'deployment-2048',
    shape: plain('deployment-2048', {
      services: { 'service-2048': { selector: { app: 'deployment-2048' }, type: 'NodePort' } },
      ingresses: {
        'ingress-2048': {
          class: 'alb',
          hosts: { '*': { '/': 'service-2048' } },
          annotations: { 'alb.ingress.kubernetes.io/scheme': 'internet-facing' },
        },
      },
    }),
    refused: ['ingress-class'],
  },
  {
    name: 'an ALB beside ingress-nginx',
    workload: 'web',
    shape: plain('web', {
      ingresses: { web: { hosts: host('web') }, 'web-alb': { class: 'alb', hosts: host('web') } },
    }),
    warnings: [/those of Ingress\/web-alb \(class "alb" of ingress\.k8s\.aws\/alb\)\./],
  },
  {
    name: 'GKE quickstart, the class gce as an annotation',
    workload: 'web',
    shape: plain('web', {
      ingresses: { basic: { classAnnotation: 'gce', fallback: 'web' } },
      services: { web: { selector: { app: 'web' }, type: 'NodePort' } },
    }),
    refused: ['ingress-class'],
  },
  {
    name: 'k3s whoami, behind Traefik',
    workload: 'whoami',
    shape: plain('whoami', { ingresses: { whoami: { class: 'traefik', hosts: host('whoami') } } }),
  },
  {
    name: 'k3s whoami, behind Traefik, `traffic: nginx`',
    workload: 'whoami',
    insists: true,
    shape: plain('whoami', { ingresses: { whoami: { class: 'traefik', hosts: host('whoami') } } }),
    refused: ['ingress-class'],
  },
  {
    name: 'Istio bookinfo, its product page without an Ingress',
    workload: 'productpage-v1',
    shape: {
      deployments: { 'productpage-v1': { labels: { app: 'productpage', version: 'v1' } } },
      services: { productpage: { selector: { app: 'productpage' } } },
      others: [
        { kind: 'VirtualService', spec: { http: [{ route: [{ destination: { host: 'productpage' } }] }] } },
      ],
    },
    refused: ['ingress'],
  },
  {
    name: 'Istio bookinfo, its product page behind both',
    workload: 'productpage-v1',
    shape: {
      deployments: { 'productpage-v1': { labels: { app: 'productpage', version: 'v1' } } },
      services: { productpage: { selector: { app: 'productpage' } } },
      ingresses: { bookinfo: { hosts: host('productpage', '/productpage') } },
      others: [
        { kind: 'VirtualService', spec: { http: [{ route: [{ destination: { host: 'productpage' } }] }] } },
      ],
    },
    warnings: [/those of VirtualService\/route\./],
  },
  {
    name: 'Linkerd emojivoto, with the header of its older documents',
    workload: 'web',
    shape: plain('web', {
      ingresses: {
        web: {
          hosts: host('web'),
          nginx: {
            'configuration-snippet':
              'proxy_set_header l5d-dst-override $service_name.$namespace.svc.cluster.local:$service_port;',
          },
        },
      },
    }),
    refused: ['unsplittable'],
  },
  {
    name: 'Linkerd emojivoto, with service-upstream',
    workload: 'web',
    shape: plain('web', {
      ingresses: { web: { hosts: host('web'), nginx: { 'service-upstream': 'true' } } },
    }),
  },
  {
    name: 'Istio behind ingress-nginx, by upstream-vhost',
    workload: 'web',
    shape: plain('web', {
      ingresses: {
        web: {
          hosts: host('web'),
          nginx: { 'service-upstream': 'true', 'upstream-vhost': 'web.shop.svc.cluster.local' },
        },
      },
    }),
    refused: ['unsplittable'],
  },
  // examples of ingress-nginx
  {
    name: 'ingress-nginx example: canary by hand',
    workload: 'production',
    shape: plain('production', {
      ingresses: {
        production: { hosts: host('production') },
        canary: { hosts: host('canary'), nginx: { canary: 'true', 'canary-weight': '50' } },
      },
    }),
    refused: ['foreign-canary'],
  },
  {
    name: 'ingress-nginx example: sticky sessions',
    workload: 'http-svc',
    shape: plain('http-svc', {
      ingresses: {
        'nginx-test': {
          hosts: host('http-svc'),
          nginx: { affinity: 'cookie', 'session-cookie-expires': '172800' },
        },
      },
    }),
    warnings: [/session cookie\./],
  },
  {
    name: 'ingress-nginx example: rewrite with a regular expression',
    workload: 'http-svc',
    shape: plain('http-svc', {
      ingresses: {
        rewrite: {
          hosts: host('http-svc', '/something(/|$)(.*)'),
          nginx: { 'use-regex': 'true', 'rewrite-target': '/$2' },
          pathType: 'ImplementationSpecific',
        },
      },
    }),
  },
  {
    name: 'ingress-nginx example: gRPC',
    workload: 'go-grpc-greeter-server',
    shape: plain('go-grpc-greeter-server', {
      ingresses: {
        fortune: {
          hosts: host('go-grpc-greeter-server'),
          nginx: { 'backend-protocol': 'GRPC', 'ssl-redirect': 'true' },
          ...TLS,
        },
      },
    }),
  },
  {
    name: 'ingress-nginx example: several hosts and certificates',
    workload: 'http-svc',
    shape: plain('http-svc', {
      ingresses: {
        foo: {
          hosts: { 'foo.example.com': { '/': 'http-svc' }, 'bar.example.com': { '/': 'nginx' } },
          tls: true,
        },
      },
    }),
  },
  {
    name: 'ingress-nginx example: custom errors',
    workload: 'web',
    shape: plain('web', {
      ingresses: {
        web: { hosts: host('web'), nginx: { 'custom-http-errors': '404,503', 'default-backend': 'errors' } },
      },
    }),
    warnings: [/error pages of its own/],
  },
  {
    name: 'ingress-nginx example: external basic authentication',
    workload: 'http-svc',
    shape: plain('http-svc', {
      ingresses: {
        auth: { hosts: host('http-svc'), nginx: { 'auth-type': 'basic', 'auth-secret': 'basic-auth' } },
      },
    }),
  },
  {
    name: 'ingress-nginx example: static address, with a host port',
    workload: 'web',
    shape: plain('web', { deployments: { web: { labels: { app: 'web' }, replicas: 1, hostPort: 80 } } }),
    refused: ['host-port'],
  },
  {
    name: 'ingress-nginx guide: two controllers, public and internal',
    workload: 'web',
    shape: plain('web', {
      ingresses: {
        web: { hosts: host('web') },
        'web-internal': { class: 'nginx-internal', hosts: { 'web.internal': { '/': 'web' } } },
      },
    }),
  },
  {
    name: 'ingress-nginx guide: ModSecurity, CORS and rate limits',
    workload: 'web',
    shape: plain('web', {
      ingresses: {
        web: {
          hosts: host('web'),
          nginx: {
            'enable-modsecurity': 'true',
            'enable-cors': 'true',
            'limit-rps': '20',
            'whitelist-source-range': '192.0.2.0/24',
          },
        },
      },
    }),
  },
  {
    name: 'Kubernetes documentation: an Ingress of a single Service',
    workload: 'test',
    shape: plain('test', { ingresses: { 'test-ingress': { fallback: 'test' } } }),
  },
  {
    name: 'Kubernetes documentation: fan-out with a default backend',
    workload: 'web',
    shape: plain('web', {
      ingresses: {
        fanout: { hosts: { 'foo.bar.com': { '/foo': 'service1', '/bar': 'service2' } }, fallback: 'web' },
      },
    }),
  },
  {
    name: 'a host that moved: a redirect beside the Ingress',
    workload: 'web',
    shape: plain('web', {
      ingresses: {
        web: { hosts: host('web') },
        old: {
          hosts: { 'old.example.com': { '/': 'web' } },
          nginx: { 'permanent-redirect': 'https://shop.example.com' },
        },
      },
    }),
  },
  {
    name: 'a headless Service behind an Ingress',
    workload: 'web',
    shape: plain('web', { services: { web: { selector: { app: 'web' }, headless: true } } }),
  },
  {
    name: 'an app with a Service for metrics beside its own',
    workload: 'web',
    shape: plain('web', {
      services: {
        web: { selector: { app: 'web' } },
        'web-metrics': { selector: { app: 'web' }, headless: true, port: 9090 },
      },
    }),
  },
  {
    name: 'an app of Argo CD, tracked by annotation',
    workload: 'web',
    shape: plain('web', {
      deployments: {
        web: {
          labels: { app: 'web' },
          metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/web' } },
        },
      },
    }),
    warnings: [/Argo CD manages/],
  },
  {
    name: 'an app of Flux, by a Kustomization',
    workload: 'web',
    shape: plain('web', {
      deployments: {
        web: { labels: { app: 'web' }, metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } } },
      },
    }),
    warnings: [/Flux manages/],
  },
];
