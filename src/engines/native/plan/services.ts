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

/** Which Services are split, by which router and which label; or the reasons why none is. Pure. */
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
  // an experiment has no users, and so nothing that sends them
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

/** The first router whose routes lead to the workload; the first of all if none does, so that the refusal is about its routes. */
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

/** Who reaches stable without the router; none of an experiment, which has no users. */
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

/** Services of the workload that do not tell canary from stable. */
function unsplit(selecting: readonly Service[], label: SplitLabel | undefined): string[] {
  if (!label) return [];
  return selecting
    .filter((service) => !Object.hasOwn(service.spec?.selector ?? {}, label.key))
    .map(
      (service) =>
        `Service/${nameOf(service)} does not select by "${label.key}", so it sends to the canary's pods too, by their number.`,
    );
}

function chooseServices(
  wish: PromotionSpec,
  all: readonly Service[],
  selecting: readonly Service[],
  behind: ReadonlySet<string>,
): { services: Service[] } | { refusal: Refusal } {
  if (wish.services.length > 0) {
    const missing = wish.services.find((name) => !all.some((service) => service.metadata?.name === name));
    if (missing !== undefined) return { refusal: noSuch('Service', wish, all, missing) };
    const blind = wish.services.find((name) => !selecting.some((service) => service.metadata?.name === name));
    if (blind !== undefined) {
      return {
        refusal: {
          code: 'service',
          message: `Service/${blind} does not select the pods of Deployment/${wish.workload}.`,
          hint: `Services that do: ${listed(selecting)}.`,
        },
      };
    }
    return { services: selecting.filter((service) => wish.services.includes(service.metadata?.name ?? '')) };
  }
  if (selecting.length === 0) return { refusal: noSuch('Service', wish, all) };
  const routed = selecting.filter((service) => behind.has(nameOf(service)));
  // none behind a route: take those that there are, so that the refusal is about the route
  return { services: routed.length > 0 ? routed : [...selecting] };
}

/**
 * The label that tells canary from stable: in the selector of every Service that is split, if possible of every other one that selects
 * the pods, and of the Deployment's own.
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

function unsplittable(wish: PromotionSpec, services: readonly Service[]): Refusal {
  const selectors = services.map(({ metadata, spec }) => {
    const terms = Object.entries(spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`);
    return `Service/${metadata?.name} selects ${terms.join(',') || 'nothing'}`;
  });
  return {
    code: 'selector',
    message: `Canary and stable pods of Deployment/${wish.workload} cannot be told apart: no one label is in the selector of every Service (${selectors.join('; ')}).`,
    hint: 'Give the Services one common label in their selectors, or name with `service` those that are to be split.',
  };
}

function nameOf({ metadata }: Service): string {
  return metadata?.name ?? '';
}
