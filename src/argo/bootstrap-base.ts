import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { isStatus } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import * as core from '../cluster/resource.ts';
import { PromoteError } from '../errors.ts';
import type { Step } from '../settings/steps.ts';
import { classVerdict } from '../traffic/ingress-class.ts';
import { budgetLines } from './bootstrap-budgets.ts';
import type { Base } from './bootstrap-objects.ts';

/**
 * Looks at what a Rollout would be made from.
 *
 * @param wanted the Service that is named; without it the one that selects the pods and stands behind an Ingress
 * @throws PromoteError `workload`, `replicas`, `paused` or `service`
 */
export async function readBase(
  cluster: Cluster,
  name: string,
  wanted: readonly string[],
  steps: readonly Step[],
): Promise<Base & { warnings: string[] }> {
  const [deployment, services, ingresses, classes, autoscalers, budgets] = await Promise.all([
    cluster.get(core.deployments, name),
    cluster.list(core.services),
    cluster.list(core.ingresses),
    orForbidden(cluster.list(core.ingressClasses)),
    orForbidden(cluster.list(core.autoscalers)),
    orForbidden(cluster.list(core.disruptionBudgets)),
  ]);
  const { namespace } = cluster;
  if (!deployment) {
    throw new PromoteError(
      'workload',
      `There is no Deployment/${name} in namespace ${namespace} to make a Rollout of.`,
    );
  }
  if (deployment.spec?.paused) throw new PromoteError('paused', `Deployment/${name} is paused.`);
  if ((deployment.spec?.replicas ?? 1) === 0) {
    throw new PromoteError('replicas', `Deployment/${name} has 0 replicas: its users would have no pods.`);
  }
  const labels = deployment.spec?.template.metadata?.labels ?? {};
  const found = services.items.filter((each) =>
    wanted.length > 0 ? wanted.includes(each.metadata?.name ?? '') : selects(each, labels),
  );
  const served = found.filter((each) => ingresses.items.some((ingress) => sendsTo(ingress, each)));
  if (wanted.length > 1 || served.length > 1 || (wanted.length === 1 && found.length === 0)) {
    const names = (
      wanted.length > 1 || served.length > 1 ? (wanted.length > 1 ? found : served) : services.items
    )
      .map(({ metadata }) => metadata?.name)
      .join(', ');
    throw new PromoteError('service', `A Rollout splits one Service; there are ${names || 'none'}.`, {
      hint: 'Name the one with `service`.',
    });
  }
  const service = served[0] ?? (wanted.length > 0 ? found[0] : undefined);
  const routed = ingresses.items.filter(
    (each) => service && sendsTo(each, service) && classVerdict(each, classes?.items).ours,
  );
  return {
    deployment,
    service,
    ingresses: routed,
    steps,
    warnings: [
      ...warningsOf(deployment, service, routed, autoscalers?.items ?? []),
      ...budgetLines(budgets?.items ?? [], labels),
    ],
  };
}

type Autoscaler = {
  metadata?: { name?: string };
  spec?: { scaleTargetRef?: { kind?: string; name?: string } };
};

/** What others have a hand in, and what to tell them. Pure. */
function warningsOf(
  { metadata }: Deployment,
  service: Service | undefined,
  ingresses: readonly Ingress[],
  autoscalers: readonly Autoscaler[],
): string[] {
  const { name = '', namespace = '', annotations = {}, labels = {} } = metadata ?? {};
  const own = autoscalers.find(
    ({ spec }) => spec?.scaleTargetRef?.kind === 'Deployment' && spec.scaleTargetRef.name === name,
  );
  const target = '{"spec":{"scaleTargetRef":{"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout"}}}';
  const keys = Object.keys({ ...annotations, ...labels });
  const git = keys.find((key) =>
    /^(argocd\.argoproj\.io|kustomize\.toolkit\.fluxcd\.io|helm\.toolkit\.fluxcd\.io)\//.test(key),
  );
  const helm = annotations['meta.helm.sh/release-name'];
  return [
    ...(own
      ? [
          `HorizontalPodAutoscaler/${own.metadata?.name} scales the Deployment, and will scale nothing: kubectl -n ${namespace} patch hpa ${own.metadata?.name} --type merge -p '${target}'`,
        ]
      : []),
    ...(helm
      ? [
          `Helm (release ${helm}) owns the Deployment, and its next upgrade brings the replicas back: put the Rollout into the chart, with \`replicas: 0\` (\`dry_run: true\` prints it).`,
        ]
      : []),
    ...(git
      ? [
          `${git} says that a Git repository owns the Deployment: put the Rollout there (\`dry_run: true\` prints it).`,
        ]
      : []),
    ...(service && ingresses.length > 0
      ? []
      : ['No Ingress of ingress-nginx sends to it: the canary is split by the number of its pods.']),
  ];
}

function selects({ spec }: Service, labels: Record<string, string>): boolean {
  const selector = Object.entries(spec?.selector ?? {});
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
}

function sendsTo({ spec, metadata }: Ingress, service: Service): boolean {
  if (metadata?.annotations?.['nginx.ingress.kubernetes.io/canary'] === 'true') return false;
  const backends = [
    spec?.defaultBackend,
    ...(spec?.rules ?? []).flatMap((rule) => (rule.http?.paths ?? []).map((path) => path.backend)),
  ];
  return backends.some((backend) => backend?.service?.name === service.metadata?.name);
}

async function orForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (isStatus(error, 403)) return undefined;
    throw error;
  });
}
