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
 * Reads the objects that a Rollout would be made from.
 *
 * @param wanted the Services that the user named; if empty, the one that selects the pods and that an Ingress
 * or a Gateway route leads to
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
      `There is no Deployment/${name} in namespace ${namespace} to make a Rollout from.`,
    );
  }
  if (deployment.spec?.paused) throw new PromoteError('paused', `Deployment/${name} is paused.`);
  if ((deployment.spec?.replicas ?? 1) === 0) {
    throw new PromoteError('replicas', `Deployment/${name} has 0 replicas, so its users would have no pods.`);
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
 * The Service of the users; undefined if no route leads to one and the user named none. A canary Service that
 * an earlier bootstrap left does not count.
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
    throw new PromoteError('service', `A Rollout splits one Service, but there are: ${names || 'none'}.`, {
      hint: 'Name one of them with `service`.',
    });
  }
  return served[0] ?? (wanted.length > 0 ? found[0] : undefined);
}

/** Warnings about how the canary's users are split, if it is not by exactly one router. Pure. */
function splitLines(
  ingresses: readonly Ingress[],
  routes: Base['routes'],
  { notes }: GatewayRoutes,
): string[] {
  if (ingresses.length === 0 && routes.length === 0)
    return [
      'No Ingress of ingress-nginx and no Gateway route leads to the Deployment, so the number of pods splits the canary.',
      ...notes,
    ];
  if (ingresses.length === 0 || routes.length === 0) return notes;
  return [
    'An Ingress and a Gateway route lead to the Service. Argo Rollouts splits both, with the same weights.',
    ...notes,
  ];
}

/** Warnings about other tools that manage the Deployment, and what to change there. Pure. */
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
          `HorizontalPodAutoscaler/${own.metadata?.name} scales the Deployment, which will have 0 pods. To scale the Rollout instead: kubectl -n ${namespace} patch hpa ${own.metadata?.name} --type merge -p '${target}'`,
        ]
      : []),
    ...(helm
      ? [
          `Helm (release ${helm.value}) owns the Deployment, and its next upgrade restores the replicas. Add the Rollout to the chart, with \`replicas: 0\` in the Deployment (\`dry_run: true\` prints the Rollout).`,
        ]
      : []),
    ...(git
      ? [
          `${git.tool} owns the Deployment (${git.key}). Add the Rollout to what it applies (\`dry_run: true\` prints it).`,
        ]
      : []),
  ];
}

/**
 * Whether an Ingress leads users to a Service. A canary Ingress does not count, because it belongs to a
 * canary of any tool.
 */
function sendsTo(ingress: Ingress, service: Service): boolean {
  return !isCanary(ingress) && backendsOf(ingress).includes(service.metadata?.name ?? '');
}
