import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import { PromoteError, type Refusal } from '../../../errors.ts';
import { outsiders } from '../../../traffic/outsiders.ts';
import type { RoutePair, ServicePair, TrafficRouter } from '../../../traffic/router.ts';
import { MANAGED_BY, MANAGER, type SplitLabel } from '../../../workload/canary-copy.ts';
import { canaryName } from '../../../workload/names.ts';
import { selects } from '../../../workload/relations.ts';
import type { Inventory } from './inventory.ts';
import { listed, noSuch } from './no-such.ts';
import { takenNames } from './preflight.ts';
import type { PromotionSpec } from './spec.ts';

interface SplitPlan {
  /** What splits the users. */
  router: TrafficRouter;
  label: SplitLabel | undefined;
  services: ServicePair[];
  routes: readonly RoutePair[];
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
  const router = routerFor(selecting, inventory, routers);
  const behind = router.backends(inventory.routes);
  const chosen = chooseServices(spec, inventory.services, selecting, behind);
  if ('refusal' in chosen) {
    return {
      router,
      label: undefined,
      services: [],
      routes: [],
      refusals: [chosen.refusal],
      warnings: [],
      staying: [],
    };
  }
  const names = chosen.services.map(nameOf);
  const services = names.map((stable) => ({ stable, canary: canaryName(stable, 63) }));
  // an experiment has no users, so no route sends to it
  const found =
    spec.strategy === 'experiment'
      ? { routes: [], refusals: [], warnings: [], staying: [] }
      : router.discover(
          { workload: spec.workload, services: names, insists: spec.traffic !== 'auto' },
          inventory.routes,
        );
  const label = splitLabel(deployment, chosen.services, selecting);
  return {
    router,
    label,
    services,
    routes: found.routes,
    refusals: [
      ...(label ? [] : [unsplittable(spec, chosen.services)]),
      ...found.refusals,
      ...takenNames(spec, services, inventory),
    ],
    warnings: [...found.warnings, ...unsplit(selecting, label)],
    staying: [...found.staying, ...outsidersOf(spec, selecting, label, inventory)],
  };
}

/**
 * The first router whose routes send to the workload. If none does: the first one, so that the refusal names
 * its routes.
 */
function routerFor(
  selecting: readonly Service[],
  { routes }: Inventory,
  routers: readonly TrafficRouter[],
): TrafficRouter {
  const [first] = routers;
  if (!first) throw new PromoteError('internal', 'There is no router to plan with.');
  return (
    routers.find((router) => selecting.some((each) => router.backends(routes).has(nameOf(each)))) ?? first
  );
}

/** Who reaches stable without the router; nobody in an experiment, which has no users. */
function outsidersOf(
  { strategy, namespace, workload }: PromotionSpec,
  selecting: readonly Service[],
  label: SplitLabel | undefined,
  { deployments, others }: Inventory,
): string[] {
  if (strategy === 'experiment') return [];
  const ofStable = selecting.filter(({ spec }) => label && Object.hasOwn(spec?.selector ?? {}, label.key));
  return outsiders(ofStable, { namespace, workload, deployments, others });
}

/** Warnings about Services of the workload that do not distinguish canary and stable. */
function unsplit(selecting: readonly Service[], label: SplitLabel | undefined): string[] {
  if (!label) return [];
  return selecting
    .filter((service) => !Object.hasOwn(service.spec?.selector ?? {}, label.key))
    .map(
      (service) =>
        `Service/${nameOf(service)} does not select by "${label.key}", so it also sends to the canary pods, in proportion to their number.`,
    );
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

/**
 * The label that distinguishes canary and stable. The selector of every split Service has it; if possible, so
 * do the other Services that select the pods, and the Deployment.
 */
function splitLabel(
  deployment: Deployment,
  split: readonly Service[],
  selecting: readonly Service[],
): SplitLabel | undefined {
  const inAll = (key: string, services: readonly Service[]) =>
    services.every((service) => Object.hasOwn(service.spec?.selector ?? {}, key));
  const keys = Object.keys(split[0]?.spec?.selector ?? {}).filter((key) => inAll(key, split));
  const own = deployment.spec?.selector.matchLabels ?? {};
  const rank = (key: string) => Number(inAll(key, selecting)) * 2 + Number(Object.hasOwn(own, key));
  const best = [...keys].sort((a, b) => rank(b) - rank(a) || a.localeCompare(b))[0];
  return best === undefined ? undefined : labelFor(deployment, best);
}

function labelFor(deployment: Deployment, key: string): SplitLabel | undefined {
  const stable = deployment.spec?.template.metadata?.labels?.[key];
  return stable === undefined ? undefined : { key, stable, canary: canaryName(stable, 63) };
}

function isOurs({ metadata }: Service): boolean {
  return metadata?.labels?.[MANAGED_BY] === MANAGER;
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
