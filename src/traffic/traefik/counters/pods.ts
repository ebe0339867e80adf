import type { Container, Pod } from 'kubernetes-types/core/v1';
import type { Target } from '../../../analysis/source/pod-proxy.ts';
import { ApiError } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { pods } from '../../../cluster/resource.ts';
import { messageOf } from '../../../errors.ts';

/** The default of `controller_namespace`, where no Traefik is. */
export const OF_NGINX = 'ingress-nginx';
/** Where Traefik usually is: by its chart's documentation, and in k3s and RKE2. */
const USUAL = ['traefik', 'kube-system'];
const NAME = 'app.kubernetes.io/name';
const IMAGE = /(^|\/)(mirrored-library-)?traefik(-ee)?([:@]|$)/;
/** Where Traefik has its metrics if its pod does not name the port: the entrypoint `traefik`. */
const METRICS_PORT = 8080;

/** The pods of Traefik, or why they are not known. */
export type FoundPods = { pods: readonly Pod[] } | { unavailable: string };

/**
 * Finds the running pods of Traefik: in the namespace that the user names, or in those where it usually is. What may not be read counts as
 * not known, if no other namespace has one.
 */
export async function findTraefik(cluster: Cluster, controllerNamespace: string): Promise<FoundPods> {
  const namespaces = controllerNamespace === OF_NGINX ? USUAL : [controllerNamespace];
  const reasons: string[] = [];
  for (const namespace of namespaces) {
    try {
      const { items } = await cluster.list(pods, {}, { namespace });
      const found = items.filter((pod) => isTraefik(pod) && pod.status?.phase === 'Running');
      if (found.length > 0) return { pods: found };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      reasons.push(messageOf(error));
    }
  }
  const [reason] = reasons;
  return {
    unavailable:
      reason ?? `no pod of Traefik runs in namespace ${namespaces.join(' or ')} (\`controller_namespace\`).`,
  };
}

/** Whether a pod is one of Traefik, by its name label, its image or its command. */
function isTraefik({ metadata, spec }: Pod): boolean {
  return (
    metadata?.labels?.[NAME] === 'traefik' ||
    (spec?.containers ?? []).some(({ image = '' }) => IMAGE.test(image))
  );
}

/** Whether it serves Ingresses by the annotations of ingress-nginx. */
export function servesNginxAnnotations({ spec }: Pod): boolean {
  return wordsOf(spec?.containers ?? []).some((word) =>
    /^--providers\.kubernetesingressnginx(=true|\.|$)/i.test(word),
  );
}

/** The metrics page of a pod: on the port that it names `metrics`, or on that of the entrypoint that has them. */
export function metricsTarget({ metadata, spec }: Pod): Target {
  const containers = spec?.containers ?? [];
  const ports = containers.flatMap((container) => container.ports ?? []);
  const entrypoint = argument(containers, 'metrics.prometheus.entrypoint') ?? 'traefik';
  const [, written] = /:(\d+)/.exec(argument(containers, `entrypoints.${entrypoint}.address`) ?? '') ?? [];
  const named = ports.find(({ name }) => name === 'metrics') ?? ports.find(({ name }) => name === entrypoint);
  return {
    key: metadata?.uid ?? '',
    namespace: metadata?.namespace ?? '',
    pod: metadata?.name ?? '',
    port: written === undefined ? (named?.containerPort ?? METRICS_PORT) : Number(written),
    path: '/metrics',
  };
}

function argument(containers: readonly Container[], name: string): string | undefined {
  const prefix = `--${name}=`;
  return wordsOf(containers)
    .find((word) => word.toLowerCase().startsWith(prefix.toLowerCase()))
    ?.slice(prefix.length);
}

function wordsOf(containers: readonly Container[]): string[] {
  return containers.flatMap(({ args = [], command = [] }) => [...command, ...args]);
}
