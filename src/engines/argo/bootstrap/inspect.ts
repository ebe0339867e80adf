import type { Deployment } from 'kubernetes-types/apps/v1';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';
import type { Service } from 'kubernetes-types/core/v1';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { orForbidden } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import * as core from '../../../cluster/resource.ts';
import { PromoteError } from '../../../errors.ts';
import type { Step } from '../../../settings/steps.ts';
import { routeSendsTo } from '../../../traffic/gateway-api/routes.ts';
import { backendsOf, isCanary } from '../../../traffic/nginx/ingress.ts';
import { classVerdict } from '../../../traffic/nginx/ingress-class.ts';
import { ownersOf } from '../../../workload/ownership.ts';
import { autoscalerFor, selects } from '../../../workload/relations.ts';
import { budgetLines } from './budgets.ts';
import { checkPlugin, type GatewayRoutes, readGateway, routesTo } from './gateway.ts';
import { type Base, pairOf, STABLE_SERVICE } from './objects.ts';

/**
 * Looks at what a Rollout would be made from.
 *
 * @param wanted the Service that is named; without it the one that selects the pods and stands behind an
 * Ingress or a Gateway's route
 * @throws PromoteError `workload`, `replicas`, `paused`, `service`, `gateway-route` or `gateway-plugin`
 */
export async function readBase(
  cluster: Cluster,
  name: string,
  wanted: readonly string[],
  steps: readonly Step[],
): Promise<Base & { warnings: string[] }> {
  const [deployment, services, ingresses, classes, autoscalers, budgets, gateway] = await Promise.all([
    cluster.get(core.deployments, name),
    cluster.list(core.services),
    cluster.list(core.ingresses),
    orForbidden(cluster.list(core.ingressClasses)),
    orForbidden(cluster.list(core.autoscalers)),
    orForbidden(cluster.list(core.disruptionBudgets)),
    readGateway(cluster),
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
  const service = serviceFor(labels, wanted, services.items, ingresses.items, gateway);
  const routed = ingresses.items.filter(
    (each) => service && sendsTo(each, service) && classVerdict(each, classes?.items).ours,
  );
  const pair = pairOf(service);
  const routes = pair ? routesTo(pair, gateway) : [];
  return {
    deployment,
    service,
    ingresses: routed,
    routes,
    steps,
    warnings: [
      ...warningsOf(deployment, autoscalers?.items ?? []),
      ...splitLines(routed, routes, gateway),
      ...(routes.length > 0 ? await checkPlugin(cluster, routes) : []),
      ...budgetLines(budgets?.items ?? [], labels),
    ],
  };
}

/**
 * The Service of the users; none where nothing leads to one, and none is named. A canary's own that is left
 * from before is none.
 */
function serviceFor(
  labels: Record<string, string>,
  wanted: readonly string[],
  services: readonly Service[],
  ingresses: readonly Ingress[],
  { routes }: GatewayRoutes,
): Service | undefined {
  const found = services.filter((each) =>
    wanted.length > 0
      ? wanted.includes(each.metadata?.name ?? '')
      : selects(each, labels) && each.metadata?.annotations?.[STABLE_SERVICE] === undefined,
  );
  const served = found.filter(
    (each) =>
      ingresses.some((ingress) => sendsTo(ingress, each)) ||
      routes.some(({ route }) => routeSendsTo(route, each.metadata?.name ?? '')),
  );
  if (wanted.length > 1 || served.length > 1 || (wanted.length === 1 && found.length === 0)) {
    const names = (wanted.length > 1 || served.length > 1 ? (wanted.length > 1 ? found : served) : services)
      .map(({ metadata }) => metadata?.name)
      .join(', ');
    throw new PromoteError('service', `A Rollout splits one Service; there are ${names || 'none'}.`, {
      hint: 'Name the one with `service`.',
    });
  }
  return served[0] ?? (wanted.length > 0 ? found[0] : undefined);
}

/** By whom the canary's users are split, where that is not plain. Pure. */
function splitLines(
  ingresses: readonly Ingress[],
  routes: Base['routes'],
  { notes }: GatewayRoutes,
): string[] {
  if (ingresses.length === 0 && routes.length === 0)
    return [
      'No Ingress of ingress-nginx and no route of a Gateway sends to it: the canary is split by the number of its pods.',
      ...notes,
    ];
  if (ingresses.length === 0 || routes.length === 0) return notes;
  return ['An Ingress and a route of a Gateway send to it: both are split, with the same weights.', ...notes];
}

/** What others have a hand in, and what to tell them. Pure. */
function warningsOf(deployment: Deployment, autoscalers: readonly HorizontalPodAutoscaler[]): string[] {
  const { name = '', namespace = '' } = deployment.metadata ?? {};
  const own = autoscalerFor(name, autoscalers);
  const target = '{"spec":{"scaleTargetRef":{"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout"}}}';
  const owners = ownersOf(deployment);
  const helm = owners.find(({ tool }) => tool === 'Helm');
  const git = owners.find(({ tool }) => tool !== 'Helm');
  return [
    ...(own
      ? [
          `HorizontalPodAutoscaler/${own.metadata?.name} scales the Deployment, and will scale nothing: kubectl -n ${namespace} patch hpa ${own.metadata?.name} --type merge -p '${target}'`,
        ]
      : []),
    ...(helm
      ? [
          `Helm (release ${helm.value}) owns the Deployment, and its next upgrade brings the replicas back: put the Rollout into the chart, with \`replicas: 0\` (\`dry_run: true\` prints it).`,
        ]
      : []),
    ...(git
      ? [
          `${git.key} says that a Git repository owns the Deployment: put the Rollout there (\`dry_run: true\` prints it).`,
        ]
      : []),
  ];
}

/**
 * Whether an Ingress leads users to a Service. A canary Ingress does not count: it belongs to a canary,
 * whoever made it.
 */
function sendsTo(ingress: Ingress, service: Service): boolean {
  return !isCanary(ingress) && backendsOf(ingress).includes(service.metadata?.name ?? '');
}
