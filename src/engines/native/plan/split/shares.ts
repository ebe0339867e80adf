import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Refusal } from '../../../../errors.ts';
import type { TrafficRouter } from '../../../../traffic/router.ts';
import { canaryReplicas, type Plan } from '../plan.ts';
import type { PromotionSpec } from '../spec.ts';

/** A step that gives more than so many times what it asks for is refused. */
const MOST_TIMES = 2;
const BY_PODS = { sharesByPods: true } as const;

/** Whether the pods' share is the users' share. An experiment has no users. */
function sharesByPods({ strategy }: PromotionSpec, { ability }: TrafficRouter): boolean {
  return ability.weights === 'pods' && strategy === 'canary';
}

/** What a promotion cannot do whose shares are those of the pods. */
export function beyondPods(spec: PromotionSpec, router: TrafficRouter, { spec: own }: Deployment): Refusal[] {
  if (router.ability.weights !== 'pods') return [];
  if (spec.strategy === 'bluegreen') return [blueGreen(router.name)];
  if (!sharesByPods(spec, router)) return [];
  const stable = own?.replicas ?? 1;
  const weights = weightsOf(spec);
  const between = weights.find((weight) => weight > 50 && weight < 100);
  const small = weights.filter(
    (weight) => weight > 0 && shareOf(stable, weight).percent > MOST_TIMES * weight,
  );
  return [
    ...(spec.baseline ? [withBaseline(router.name)] : []),
    ...(between === undefined ? [] : [moreThanHalf(between, router.name)]),
    ...(small.length > 0 ? [tooFewPods(small, stable)] : []),
  ];
}

/** What a plan says of them: the first contact, which nobody has asked for by a number of pods, has the share that it gets. */
export function podShares(
  spec: PromotionSpec,
  router: TrafficRouter,
  { spec: own }: Deployment,
): Pick<Plan, 'sharesByPods' | 'firstContact'> {
  if (!sharesByPods(spec, router)) return {};
  const { firstContact } = spec;
  if (!firstContact) return BY_PODS;
  const { percent } = shareOf(own?.replicas ?? 1, firstContact.weight);
  return { ...BY_PODS, firstContact: { ...firstContact, weight: Math.max(percent, firstContact.weight) } };
}

/** The shares that the steps really have, as a line of the plan; none if the router gives what they ask for. */
export function shareLines(plan: Plan, stable: number): string[] {
  if (!plan.sharesByPods) return [];
  const steps = weightsOf(plan)
    .filter((weight) => weight < 100)
    .map((weight) => described(stable, weight));
  const { canary, total, percent } = shareOf(stable, 0);
  const least = `the least that the canary can have is ${percent} %: ${canary} of ${total} pods`;
  return [`shares: ${[...steps, least].join('; ')}`];
}

/** `10 % becomes 20 %: 1 of 5 pods` */
function described(stable: number, weight: number): string {
  const { canary, total, percent } = shareOf(stable, weight);
  const pods = `${canary} of ${total} pods`;
  return percent === weight ? `${weight} % is ${pods}` : `${weight} % becomes ${percent} %: ${pods}`;
}

function shareOf(stable: number, weight: number): { canary: number; total: number; percent: number } {
  const canary = canaryReplicas(BY_PODS, stable, weight);
  const total = canary + stable;
  return { canary, total, percent: Math.round((100 * canary) / total) };
}

function weightsOf({ steps }: Pick<Plan, 'steps'>): number[] {
  return steps.flatMap((step) => (step.kind === 'weight' ? [step.weight] : []));
}

function blueGreen(name: string): Refusal {
  return {
    code: 'router',
    message: `\`strategy: bluegreen\` moves all users at once, but the router "${name}" gives the canary its share of the pods.`,
    hint: 'Set `traffic: service`, which switches the selector of the same Service.',
  };
}

function withBaseline(name: string): Refusal {
  return {
    code: 'baseline',
    message: `\`baseline: true\` adds pods of the stable version to the Service, but with the router "${name}" the number of pods is the share of the canary.`,
    hint: 'Remove `baseline`.',
  };
}

function moreThanHalf(weight: number, name: string): Refusal {
  return {
    code: 'router',
    message: `\`steps\` has ${weight} %, but with the router "${name}" a canary with as many pods as stable gets 50 %.`,
    hint: 'Write 50 % at most, or 100 %, for which the Service leaves stable out.',
  };
}

function tooFewPods(weights: readonly number[], stable: number): Refusal {
  const all = weights.map((weight) => `${weight} %`).join(' and ');
  const least = shareOf(stable, 0);
  return {
    code: 'router',
    message: `\`steps\` has ${all}, but one canary pod beside ${stable} of stable gets ${least.percent} % of the users, which is more than ${MOST_TIMES} times as many.`,
    hint: `Begin with what can be reached: \`steps: [${reachable(stable).join(', ')}]\`, or let a route of Gateway API split the users.`,
  };
}

/** Steps that begin with one pod, and end with as many as stable has. */
function reachable(stable: number): string[] {
  const least = shareOf(stable, 0).percent;
  return [...new Set([least, 50])].map((weight) => `${weight}% 2m`);
}
