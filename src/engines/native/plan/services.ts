import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { classVerdict } from '../../../traffic/nginx/ingress-class.ts';
import { backendsOf, hasAffinity, hostPathsOf, isCanary } from '../../../traffic/nginx/router.ts';
import type { ServicePair } from '../../../traffic/router.ts';
import { MANAGED_BY, MANAGER, type SplitLabel } from '../../../workload/canary-copy.ts';
import { selects } from '../../../workload/relations.ts';
import type { Inventory } from './inventory.ts';
import { canaryName } from './names.ts';
import { listed, noSuch } from './no-such.ts';
import type { PromotionSpec, Refusal } from './spec.ts';
import { takenNames } from './taken-names.ts';

interface SplitPlan {
  label: SplitLabel | undefined;
  services: ServicePair[];
  routes: { stable: string; canary: string }[];
  refusals: Refusal[];
  warnings: string[];
}

/** Which Services and Ingresses are split, and by which label; or what stands against it. Pure. */
export function splitFor(wish: PromotionSpec, deployment: Deployment, inventory: Inventory): SplitPlan {
  const nothing: SplitPlan = { label: undefined, services: [], routes: [], refusals: [], warnings: [] };
  const mains = inventory.ingresses.filter((ingress) => !isCanary(ingress));
  const labels = deployment.spec?.template.metadata?.labels ?? {};
  const selecting = inventory.services.filter((service) => !isOurs(service) && selects(service, labels));
  const chosen = chooseServices(wish, inventory.services, selecting, mains);
  if ('refusal' in chosen) return { ...nothing, refusals: [chosen.refusal] };

  const names = chosen.services.map((service) => service.metadata?.name ?? '');
  const services = names.map((stable) => ({ stable, canary: canaryName(stable, 63) }));
  // an experiment has no users, and so nothing that sends them
  const served =
    wish.strategy === 'experiment'
      ? []
      : mains.filter((ingress) => backendsOf(ingress).some((backend) => names.includes(backend)));
  const routes = served.map((ingress) => {
    const stable = ingress.metadata?.name ?? '';
    // two workloads may stand behind one Ingress, and be promoted at once
    const own = stable === wish.workload ? stable : `${stable}-${wish.workload}`;
    return { stable, canary: canaryName(own, 253) };
  });
  const label = splitLabel(deployment, chosen.services, selecting);
  const others = label
    ? selecting.filter((service) => !Object.hasOwn(service.spec?.selector ?? {}, label.key))
    : [];
  const foreign = foreignCanaries(served, inventory);
  return {
    label,
    services,
    routes,
    refusals: [
      ...(label ? [] : [unsplittable(wish, chosen.services)]),
      ...(served.length === 0 && wish.strategy === 'canary' ? [noIngress(names, mains)] : []),
      ...served.flatMap((ingress) => otherClass(ingress, inventory)),
      ...foreign.map(foreignCanary),
      ...takenNames(wish, services, routes, {
        ...inventory,
        ingresses: inventory.ingresses.filter((ingress) => !foreign.includes(ingress)),
      }),
    ],
    warnings: [
      ...served
        .filter(hasAffinity)
        .map(
          (ingress) =>
            `Ingress/${ingress.metadata?.name} keeps users by a cookie: those with one stay on stable, new ones are split.`,
        ),
      ...others.map(
        (service) =>
          `Service/${service.metadata?.name} does not select by "${label?.key}", so it sends to the canary's pods too, by their number.`,
      ),
    ],
  };
}

function chooseServices(
  wish: PromotionSpec,
  all: readonly Service[],
  selecting: readonly Service[],
  mains: readonly Ingress[],
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
  const behind = selecting.filter((service) =>
    mains.some((ingress) => backendsOf(ingress).includes(service.metadata?.name ?? '')),
  );
  // none behind an Ingress: go on with those that there are, so that the refusal is about the Ingress
  return { services: behind.length > 0 ? behind : [...selecting] };
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

function isOurs({ metadata }: Service | Ingress): boolean {
  return metadata?.labels?.[MANAGED_BY] === MANAGER;
}

function otherClass(ingress: Ingress, inventory: Inventory): Refusal[] {
  const verdict = classVerdict(ingress, inventory.classes);
  if (verdict.ours) return [];
  return [
    {
      code: 'ingress-class',
      message: `Ingress/${ingress.metadata?.name} is not served by ingress-nginx: it has ${verdict.found}.`,
      hint: 'Canary annotations work on ingress-nginx (controller k8s.io/ingress-nginx) only.',
    },
  ];
}

/** Canary Ingresses that are not ours on a host and path of ours: the controller would take one of the two, and drop the other. */
function foreignCanaries(served: readonly Ingress[], inventory: Inventory): Ingress[] {
  const taken = new Set(served.flatMap(hostPathsOf));
  return inventory.ingresses
    .filter((ingress) => isCanary(ingress) && !isOurs(ingress))
    .filter((ingress) => hostPathsOf(ingress).some((hostPath) => taken.has(hostPath)));
}

function foreignCanary(ingress: Ingress): Refusal {
  return {
    code: 'foreign-canary',
    message: `Ingress/${ingress.metadata?.name} is a canary on the same host and path, and was not made by drone-promote.`,
    hint: 'ingress-nginx takes one canary for each main Ingress. Remove it, or find out which tool drives it.',
  };
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

function noIngress(services: readonly string[], mains: readonly Ingress[]): Refusal {
  return {
    code: 'ingress',
    message: `No Ingress sends to ${services.map((name) => `Service/${name}`).join(' or ')}.`,
    hint: `Ingresses here: ${mains.map((each) => `${each.metadata?.name} → ${backendsOf(each).join(', ')}`).join('; ') || 'none'}.`,
  };
}
