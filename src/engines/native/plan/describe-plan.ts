import type { Deployment } from 'kubernetes-types/apps/v1';
import { formatDuration } from '../../../duration.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import { mostCanaryPods, type Plan } from './plan.ts';

/**
 * The plan for people, a line for each thing that is worth knowing before it begins.
 *
 * @param someStay some users stay on stable at any weight
 */
export function describePlan(
  plan: Plan,
  deployment: Deployment,
  router: TrafficRouter | undefined,
  someStay = false,
): string[] {
  const replicas = deployment.spec?.replicas ?? 1;
  const image = `${plan.from} → ${plan.to}`;
  if (plan.steps.length === 0 || !router) return [image, 'stable is rolled at once, without a canary'];
  const most = mostCanaryPods(plan, replicas);
  const steps = plan.steps.map((step) =>
    step.kind === 'hold'
      ? 'hold'
      : `${step.weight} % ${step.untilSure ? 'until sure, at most' : 'for'} ${formatDuration(step.holdMs)}`,
  );
  if (plan.strategy === 'experiment') {
    const [first] = plan.steps.flatMap((step) => (step.kind === 'weight' ? [step] : []));
    return [
      image,
      `experiment: both run for ${formatDuration(first?.holdMs ?? 0)} beside stable, without users, and are removed; stable is not written`,
      ...testsOf(plan),
      `pods: ${replicas} stable, ${most} of the two versions on top`,
    ];
  }
  return [
    image,
    ...testsOf(plan),
    `steps: ${steps.join(', ')}`,
    plan.finish === 'shift'
      ? `finish: shift, the canary carries all ${someStay ? 'other users while stable is updated' : 'users while stable is updated off traffic'}`
      : 'finish: roll, stable is rolled under traffic; apps that do not drain at SIGTERM lose requests then',
    `split: ${plan.services.map(({ stable }) => `Service/${stable}`).join(', ')} behind ${plan.routes.map(({ stable }) => router.describe(stable)).join(', ')}, by label ${plan.label.key}`,
    `pods: ${replicas} stable, at most ${most} of the canary${plan.baseline ? ' and the baseline' : ''} on top`,
    ...(plan.baseline
      ? [
          `baseline: Deployment/${plan.baseline.deployment}, a copy of stable that the canary is compared with`,
        ]
      : []),
    ...(plan.autoscaler
      ? [
          `autoscaler: HorizontalPodAutoscaler/${plan.autoscaler.name} keeps stable's count as its minimum while the canary carries all users`,
        ]
      : []),
  ];
}

function testsOf({ jobs = [] }: Plan): string[] {
  return jobs.length === 0 ? [] : [`before any user: ${jobs.map(({ name }) => `check ${name}`).join(', ')}`];
}
