import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { podTarget } from '../analysis/source/pod-metrics.ts';
import { sameRepository } from '../image/reference.ts';
import { classVerdict } from '../traffic/ingress-class.ts';
import { backendsOf, hasAffinity, hostPathsOf, isCanary } from '../traffic/ingress-nginx.ts';
import type { ServicePair } from '../traffic/router.ts';
import { BASELINE, ROLE_LABEL } from '../workload/baseline-copy.ts';
import { MANAGED_BY, MANAGER, type SplitLabel, WORKLOAD_LABEL } from '../workload/canary-copy.ts';
import type { Inventory } from './inventory.ts';
import { baselineName, canaryName } from './names.ts';
import type { Baseline, Plan } from './plan.ts';
import { linesOf } from './plan-lines.ts';
import { managedBy, unfitness } from './unfit.ts';
import type { Refusal, Wish } from './wish.ts';

export type Planned =
  | { plan: Plan; warnings: string[]; lines: string[]; nothingToDo: boolean }
  | { refusals: Refusal[] };

/** Makes the plan, or says everything that stands against it. Pure. */
export function makePlan(wish: Wish, inventory: Inventory): Planned {
  const deployment = inventory.deployments.find((each) => each.metadata?.name === wish.workload);
  if (!deployment) return { refusals: [noSuch('Deployment', wish, inventory.deployments)] };
  const containers = containersFor(wish, deployment);
  if ('refusal' in containers) return { refusals: [containers.refusal] };
  const base = basePlan(wish, deployment, containers);
  const nothingToDo = containers.from === wish.image;
  const warnings = [
    ...managedBy(deployment),
    ...inventory.unread.map((what) => `The credentials may not read ${what}: not looked at.`),
  ];
  const atOnce = (refusals: Refusal[]): Planned =>
    refusals.length > 0
      ? { refusals }
      : { plan: base, warnings, lines: linesOf(base, deployment), nothingToDo };
  if (wish.steps.length === 0) return atOnce(unfitness(wish, deployment, inventory, 'rollout'));
  const split = splitFor(wish, deployment, inventory);
  const refusals = [
    ...unfitness(wish, deployment, inventory, 'canary'),
    ...uncountable(wish, deployment),
    ...split.refusals,
  ];
  if (refusals.length > 0 || !split.label) return nothingToDo ? atOnce([]) : { refusals };
  const autoscaler =
    wish.finish === 'shift' && wish.strategy === 'canary' ? autoscalerOf(wish, inventory) : undefined;
  const plan: Plan = {
    ...base,
    label: split.label,
    services: split.services,
    routes: split.routes,
    ...(autoscaler ? { autoscaler } : {}),
    ...(wish.strategy === 'experiment' ? { strategy: 'experiment' } : {}),
    ...baselineOf(wish, split.label, split.services),
    ...(wish.jobs.length > 0 ? { jobs: wish.jobs } : {}),
  };
  return {
    plan,
    warnings: [...warnings, ...split.warnings],
    lines: linesOf(plan, deployment),
    nothingToDo,
  };
}

/** A baseline stands behind stable's Services: only the pods' own counters tell it from stable, and without them nothing would be judged. */
function uncountable({ strategy, baseline, workload, metricsPort }: Wish, { spec }: Deployment): Refusal[] {
  if (strategy === 'experiment' || !baseline || podTarget(spec?.template ?? {}, metricsPort)) return [];
  return [
    {
      code: 'baseline',
      message: `\`baseline: true\` compares by the pods' own counters, and the pods of Deployment/${workload} do not say where their metrics are.`,
      hint: 'Set `metrics_port`, or the annotations prometheus.io/scrape: "true" and prometheus.io/port on the pods.',
    },
  ];
}

/** The copy of stable: behind stable's Services, with their users; or, where there are none, behind its own. */
function baselineOf(
  { workload, strategy, baseline }: Wish,
  { key, stable }: SplitLabel,
  services: readonly ServicePair[],
): { baseline?: Baseline } {
  const deployment = baselineName(workload, 63);
  if (strategy === 'experiment') {
    return {
      baseline: {
        deployment,
        label: { key, value: baselineName(stable, 63) },
        services: services.map((pair) => ({ stable: pair.stable, baseline: baselineName(pair.stable, 63) })),
      },
    };
  }
  return baseline
    ? { baseline: { deployment, label: { key: ROLE_LABEL, value: BASELINE }, services: [] } }
    : {};
}

/** What scales the workload: it would see no load while the canary carries all users, and scale stable down just before they return. */
function autoscalerOf(wish: Wish, { autoscalers }: Inventory): { name: string } | undefined {
  const found = autoscalers.find(
    ({ spec }) => spec?.scaleTargetRef.kind === 'Deployment' && spec.scaleTargetRef.name === wish.workload,
  );
  return found && { name: found.metadata?.name ?? '' };
}

function basePlan(wish: Wish, deployment: Deployment, chosen: { names: string[]; from: string }): Plan {
  return {
    action: wish.action,
    namespace: wish.namespace,
    workload: wish.workload,
    canary: canaryName(wish.workload, 63),
    containers: chosen.names,
    from: chosen.from,
    to: wish.image,
    label: anyLabel(deployment),
    services: [],
    routes: [],
    steps: wish.steps,
    finish: wish.finish,
    settleMs: wish.settleMs,
    drainMs: wish.drainMs,
    timeoutMs: wish.timeoutMs,
    ...(wish.requireEvidence ? { requireEvidence: true } : {}),
    ...(wish.steer && wish.strategy === 'canary' ? { steer: wish.steer } : {}),
  };
}

/** The containers that run the release's repository (or the one named), all with one image. */
function containersFor(
  wish: Wish,
  deployment: Deployment,
): { names: string[]; from: string } | { refusal: Refusal } {
  const spec = deployment.spec?.template.spec;
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const chosen = all.filter((container) =>
    wish.container === undefined
      ? sameRepository(container.image ?? '', wish.image)
      : container.name === wish.container,
  );
  const images = [...new Set(chosen.map((container) => container.image ?? ''))];
  const known = all.map((container) => `${container.name} (${container.image})`).join(', ');
  if (images.length === 1) {
    return { names: chosen.map((container) => container.name), from: images[0] ?? '' };
  }
  if (images.length === 0) {
    const what =
      wish.container === undefined ? `runs ${repositoryOf(wish.image)}` : `is named "${wish.container}"`;
    return {
      refusal: {
        code: 'container',
        message: `No container of Deployment/${wish.workload} ${what}; it has ${known}.`,
        hint: 'Set `repo` as the workload writes it (registry and port included), or name the `container`.',
      },
    };
  }
  return {
    refusal: {
      code: 'container',
      message: `The containers of Deployment/${wish.workload} run different images of one repository: ${known}.`,
      hint: 'Say with `container` which one the release is for.',
    },
  };
}

interface Found {
  label: SplitLabel | undefined;
  services: ServicePair[];
  routes: { stable: string; canary: string }[];
  refusals: Refusal[];
  warnings: string[];
}

/** Which Services and Ingresses are split, and by which label. */
function splitFor(wish: Wish, deployment: Deployment, inventory: Inventory): Found {
  const nothing: Found = { label: undefined, services: [], routes: [], refusals: [], warnings: [] };
  const mains = inventory.ingresses.filter((ingress) => !isCanary(ingress));
  const labels = deployment.spec?.template.metadata?.labels ?? {};
  const selecting = inventory.services.filter((service) => selects(service, labels));
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
  wish: Wish,
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
          hint: `Services that do: ${list(selecting)}.`,
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

/** Some label of the pods, for a plan that splits nothing. */
function anyLabel(deployment: Deployment): SplitLabel {
  const labels = { ...deployment.spec?.template.metadata?.labels, ...deployment.spec?.selector.matchLabels };
  const [key = '', stable = ''] = Object.entries(labels)[0] ?? [];
  return { key, stable, canary: canaryName(stable, 63) };
}

function selects(service: Service, labels: Record<string, string>): boolean {
  const selector = Object.entries(service.spec?.selector ?? {});
  const ours = service.metadata?.labels?.[MANAGED_BY] === MANAGER;
  return !ours && selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
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
    .filter((ingress) => isCanary(ingress) && ingress.metadata?.labels?.[MANAGED_BY] !== MANAGER)
    .filter((ingress) => hostPathsOf(ingress).some((hostPath) => taken.has(hostPath)));
}

function foreignCanary(ingress: Ingress): Refusal {
  return {
    code: 'foreign-canary',
    message: `Ingress/${ingress.metadata?.name} is a canary on the same host and path, and was not made by drone-promote.`,
    hint: 'ingress-nginx takes one canary for each main Ingress. Remove it, or find out which tool drives it.',
  };
}

/** Objects that stand where ours would be made, and that we did not make. */
function takenNames(
  wish: Wish,
  services: readonly ServicePair[],
  routes: readonly { canary: string }[],
  inventory: Inventory,
): Refusal[] {
  const check = (
    kind: string,
    names: readonly string[],
    objects: readonly { metadata?: Deployment['metadata'] }[],
  ): Refusal[] =>
    objects
      .filter(({ metadata }) => names.includes(metadata?.name ?? ''))
      .filter(
        ({ metadata }) =>
          metadata?.labels?.[MANAGED_BY] !== MANAGER || metadata.labels[WORKLOAD_LABEL] !== wish.workload,
      )
      .map(({ metadata }) => ({
        code: 'name-taken',
        message: `${kind}/${metadata?.name} exists already, and was not made by drone-promote for this workload.`,
        hint: 'The canary needs that name: rename or remove the object.',
      }));
  const hasBaseline = wish.baseline || wish.strategy === 'experiment';
  const names = [canaryName(wish.workload, 63), ...(hasBaseline ? [baselineName(wish.workload, 63)] : [])];
  return [
    ...check('Deployment', names, inventory.deployments),
    ...check(
      'Service',
      services.flatMap(({ stable, canary }) =>
        wish.strategy === 'experiment' ? [canary, baselineName(stable, 63)] : [canary],
      ),
      inventory.services,
    ),
    ...check(
      'Ingress',
      routes.map(({ canary }) => canary),
      inventory.ingresses,
    ),
  ];
}

function unsplittable(wish: Wish, services: readonly Service[]): Refusal {
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

function noSuch(
  kind: string,
  wish: Wish,
  objects: readonly { metadata?: Deployment['metadata'] }[],
  name?: string,
): Refusal {
  const known = `In namespace ${wish.namespace} there ${objects.length === 1 ? 'is' : 'are'}: ${list(objects)}.`;
  if (kind === 'Deployment') {
    return { code: 'workload', message: `There is no Deployment/${wish.workload}.`, hint: known };
  }
  return name === undefined
    ? { code: 'service', message: `No Service selects the pods of Deployment/${wish.workload}.`, hint: known }
    : { code: 'service', message: `There is no Service/${name}.`, hint: known };
}

function list(objects: readonly { metadata?: Deployment['metadata'] }[]): string {
  return objects.map(({ metadata }) => metadata?.name).join(', ') || 'none';
}

function repositoryOf(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}
