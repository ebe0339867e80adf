import type { Deployment } from 'kubernetes-types/apps/v1';
import { formatDuration } from '../../../duration.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import { mostCanaryPods, type Plan } from './plan.ts';

/**
 * The plan as lines of the log: what the promotion will do, with its pods and its objects.
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
  if (plan.from === plan.to && plan.steps.length === 0)
    return [plan.to, 'stable has this image already; its rollout is followed'];
  if (plan.steps.length === 0 || !router) return [image, 'stable is updated at once, without a canary'];
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
      `experiment: both versions run next to stable for ${formatDuration(first?.holdMs ?? 0)}, without users, and are then removed; stable does not change`,
      ...testsOf(plan),
      `pods: ${replicas} stable, plus ${most} of the two versions`,
    ];
  }
  return [
    image,
    ...testsOf(plan),
    ...(plan.strategy === 'bluegreen' ? blueGreenLines(plan) : [`steps: ${steps.join(', ')}`]),
    plan.finish === 'shift'
      ? `finish: shift, the canary takes all ${someStay ? 'other users' : 'users'} while stable is updated`
      : 'finish: roll, stable is updated while it serves users; an app that drops its requests at SIGTERM loses them',
    `split: ${plan.services.map(({ stable }) => `Service/${stable}`).join(', ')} behind ${plan.routes.map(({ stable }) => router.describe(stable)).join(', ')}, by label ${plan.label.key}`,
    ...(router.caveats ?? []).map((caveat) => `${router.name}: ${caveat}`),
    `pods: ${replicas} stable, plus at most ${most} of the canary${plan.baseline ? ' and the baseline' : ''}`,
    ...(plan.policies
      ? [
          `policies: the canary gets what stable has by ${plan.policies.map(({ kind, stable }) => `${kind}/${stable}`).join(', ')}, by copies for as long as it lives`,
        ]
      : []),
    ...(plan.baseline
      ? [`baseline: Deployment/${plan.baseline.deployment}, a copy of stable to compare the canary with`]
      : []),
    ...(plan.autoscaler
      ? [
          `autoscaler: HorizontalPodAutoscaler/${plan.autoscaler.name} gets stable's number of pods as its minimum while the canary takes all users`,
        ]
      : []),
  ];
}

/** What blue/green does before the switch, at it, and after it. */
function blueGreenLines({ steps, services }: Plan): string[] {
  const at = steps.findIndex((step) => step.kind === 'weight');
  const keepMs = steps.flatMap((step) => (step.kind === 'weight' ? [step.holdMs] : []))[0] ?? 0;
  const preview = services.map(({ canary }) => `Service/${canary}`).join(', ');
  const isHeld = (from: number, to: number) => steps.slice(from, to).some(({ kind }) => kind === 'hold');
  return [
    `blue/green: a full copy, to be tried at ${preview}${isHeld(0, at) ? ' (hold)' : ''}; then all users at once`,
    `keep: the old version stays ready for ${formatDuration(keepMs)}${isHeld(at, steps.length) ? ', and until a person goes on (hold)' : ''}, and one write sends the users back`,
  ];
}

function testsOf({ jobs = [] }: Plan): string[] {
  return jobs.length === 0
    ? []
    : [`before the first user: ${jobs.map(({ name }) => `check ${name}`).join(', ')}`];
}
