import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { ObjectMeta } from 'kubernetes-types/meta/v1';
import type { Refusal } from '../../../errors.ts';
import { outsiders } from '../../../traffic/outsiders.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import type { RoutePair, ServicePair } from '../../../traffic/split.ts';
import { isOurs, type SplitLabel } from '../../../workload/canary-copy.ts';
import { canaryName } from '../../../workload/names.ts';
import { selects } from '../../../workload/relations.ts';
import type { Inventory } from './inventory.ts';
import { takenNames } from './preflight.ts';
import { discoverBy, routerFor } from './routing.ts';
import type { PromotionSpec } from './spec.ts';
import { chooseLabel, type LabelChoice } from './split/label.ts';
import { unscraped } from './split/monitors.ts';
import { policiesFor } from './split/policies.ts';
import type { PolicyPair } from './split/policy-pair.ts';
import { portsFor } from './split/preview.ts';
import { countedByAutoscaler, sharedServices, unsplitServices } from './split/shared.ts';

interface SplitPlan {
  /** What splits the users. */
  router: TrafficRouter;
  choice: LabelChoice | undefined;
  services: ServicePair[];
  routes: readonly RoutePair[];
  policies: readonly PolicyPair[];
  refusals: Refusal[];
  warnings: string[];
  /** The users who stay on stable at any weight, as parts of a sentence. */
  staying: string[];
}

/** Chooses the Services to split, the router and the label, or gives the reasons to refuse. Pure. */
export function splitFor(
  spec: PromotionSpec,
  deployment: Deployment,
  inventory: Inventory,
  routers: readonly TrafficRouter[],
): SplitPlan {
  const labels = deployment.spec?.template.metadata?.labels ?? {};
  const selecting = inventory.services.filter((service) => !isOurs(service) && selects(service, labels));
  const router = routerFor(spec, selecting.map(nameOf), inventory, routers);
  const behind = router.backends(inventory.routes);
  const chosen = chooseServices(spec, inventory.services, selecting, behind);
  if ('refusal' in chosen) {
    const none = { choice: undefined, services: [], routes: [], policies: [], warnings: [], staying: [] };
    return { router, ...none, refusals: [chosen.refusal] };
  }
  const names = chosen.services.map(nameOf);
  const services = chosen.services.map((each) => {
    const stable = nameOf(each);
    return { stable, canary: canaryName(stable, 63), ...portsFor(spec, router, each) };
  });
  const choice = chooseLabel(deployment, chosen.services, selecting, inventory);
  const pods = choice && {
    labels,
    selected: deployment.spec?.selector.matchLabels ?? {},
    label: choice.label,
  };
  // an experiment has no users, so no route sends to it
  const found =
    spec.strategy === 'experiment'
      ? { routes: [], refusals: [], warnings: [], staying: [] }
      : discoverBy(router, { services: names, ...(pods ? { pods } : {}) }, spec, inventory, routers);
  const policies = choice && policiesFor(spec, deployment, choice, inventory);
  return {
    router,
    choice,
    services,
    routes: found.routes,
    policies: policies?.pairs ?? [],
    refusals: [
      ...(choice ? [] : [unsplittable(spec, chosen.services)]),
      ...found.refusals,
      ...takenNames(spec, services, inventory),
      ...(policies?.refusals ?? []),
    ],
    warnings: [
      ...found.warnings,
      ...(choice ? warningsOf(choice, deployment, chosen.services, selecting, inventory) : []),
      ...(policies?.warnings ?? []),
    ],
    staying: [...found.staying, ...outsidersOf(router, spec, selecting, choice?.label, inventory, routers)],
  };
}

/** What of the chosen label and Services may surprise. */
function warningsOf(
  { label }: LabelChoice,
  deployment: Deployment,
  split: readonly Service[],
  selecting: readonly Service[],
  inventory: Inventory,
): string[] {
  return [
    ...unsplitServices(selecting, label),
    ...sharedServices(deployment, split, inventory),
    ...countedByAutoscaler(deployment, label, inventory),
    ...unscraped(deployment, label, split, inventory.monitors),
  ];
}

/** Who reaches stable without the router; nobody in an experiment, which has no users. */
function outsidersOf(
  router: TrafficRouter,
  { strategy, namespace, workload }: PromotionSpec,
  selecting: readonly Service[],
  label: SplitLabel | undefined,
  { deployments, others: all }: Inventory,
  routers: readonly TrafficRouter[],
): string[] {
  if (strategy === 'experiment' || router.movesAll !== undefined) return [];
  // the routers have said who of their own kinds stays
  const known = routers.flatMap(({ resources }) => resources);
  const others = all.filter(({ resource }) => !known.includes(resource));
  const ofStable = selecting.filter(({ spec }) => label && Object.hasOwn(spec?.selector ?? {}, label.key));
  return outsiders(ofStable, { namespace, workload, deployments, others });
}

function chooseServices(
  spec: PromotionSpec,
  all: readonly Service[],
  selecting: readonly Service[],
  behind: ReadonlySet<string>,
): { services: Service[] } | { refusal: Refusal } {
  if (spec.services.length > 0) {
    const missing = spec.services.find((name) => !all.some((service) => service.metadata?.name === name));
    if (missing !== undefined) return { refusal: noSuch('Service', spec, all, missing) };
    const blind = spec.services.find((name) => !selecting.some((service) => service.metadata?.name === name));
    if (blind !== undefined) {
      return {
        refusal: {
          code: 'service',
          message: `Service/${blind} does not select the pods of Deployment/${spec.workload}.`,
          hint: `Services that do: ${listed(selecting)}.`,
        },
      };
    }
    return { services: selecting.filter((service) => spec.services.includes(service.metadata?.name ?? '')) };
  }
  if (selecting.length === 0) return { refusal: noSuch('Service', spec, all) };
  const routed = selecting.filter((service) => behind.has(nameOf(service)));
  // without a route to any of them, take all of them, so that the refusal is about the route
  return { services: routed.length > 0 ? routed : [...selecting] };
}

function unsplittable(spec: PromotionSpec, services: readonly Service[]): Refusal {
  const selectors = services.map(({ metadata, spec }) => {
    const terms = Object.entries(spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`);
    return `Service/${metadata?.name} selects ${terms.join(',') || 'nothing'}`;
  });
  return {
    code: 'selector',
    message: `Canary and stable pods of Deployment/${spec.workload} cannot be distinguished, because the selectors of the Services have no label in common: ${selectors.join('; ')}.`,
    hint: 'Add one label to the selectors of all these Services, or set `service` to the ones to split.',
  };
}

function nameOf({ metadata }: Service): string {
  return metadata?.name ?? '';
}

/** The refusal if a workload or a Service does not exist. It names those that do. */
export function noSuch(
  kind: string,
  spec: PromotionSpec,
  objects: readonly { metadata?: ObjectMeta }[],
  name?: string,
): Refusal {
  const known = `${kind}s in namespace ${spec.namespace}: ${listed(objects)}.`;
  if (kind === 'Deployment') {
    return { code: 'workload', message: `There is no Deployment/${spec.workload}.`, hint: known };
  }
  return name === undefined
    ? { code: 'service', message: `No Service selects the pods of Deployment/${spec.workload}.`, hint: known }
    : { code: 'service', message: `There is no Service/${name}.`, hint: known };
}

function listed(objects: readonly { metadata?: ObjectMeta }[]): string {
  return objects.map(({ metadata }) => metadata?.name).join(', ') || 'none';
}
