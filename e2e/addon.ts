/**
 * What only some scenarios need. A real program is started for the first of them, the others pay nothing for it. `controller-metrics`: the
 * counters of ingress-nginx, which its chart has switched off; they are on for those scenarios alone, and for those with `prometheus`.
 * `traefik`, `envoy-gateway`: a Gateway of Gateway API that carries requests; `gateway-api` alone carries none. `istio`: the same of Istio.
 * `internal-nginx`: a second ingress-nginx, with a class and a prefix of annotations of its own; a scenario that needs it stops it at its end.
 * `keda`: its operator, without its metrics.
 * `container`: the steps run through the image that the Dockerfile makes, instead of the bundle.
 * `chromium`: the scenario looks at a page in a browser.
 * `kubectl`: the scenario runs shell lines of an administrator.
 */
export type Addon =
  | 'argo-rollouts'
  | 'chromium'
  | 'container'
  | 'controller-metrics'
  | 'envoy-gateway'
  | 'gateway-api'
  | 'internal-nginx'
  | 'istio'
  | 'keda'
  | 'kubectl'
  | 'prometheus'
  | 'traefik';
