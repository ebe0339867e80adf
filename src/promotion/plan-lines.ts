import type { Deployment } from 'kubernetes-types/apps/v1';
import { formatDuration } from '../duration.ts';
import { mostCanaryPods, type Plan } from './plan.ts';

/** The plan for people, a line for each thing that is worth knowing before it begins. */
export function linesOf(plan: Plan, deployment: Deployment): string[] {
  const replicas = deployment.spec?.replicas ?? 1;
  const image = `${plan.from} → ${plan.to}`;
  if (plan.steps.length === 0) return [image, 'stable is rolled at once, without a canary'];
  const most = mostCanaryPods(plan, replicas);
  const steps = plan.steps.map((step) =>
    step.kind === 'hold'
      ? 'hold'
      : `${step.weight} % ${step.untilSure ? 'until sure, at most' : 'for'} ${formatDuration(step.holdMs)}`,
  );
  return [
    image,
    ...(plan.jobs ? [`before any user: ${plan.jobs.map(({ name }) => `check ${name}`).join(', ')}`] : []),
    `steps: ${steps.join(', ')}`,
    plan.finish === 'shift'
      ? 'finish: shift, the canary carries all users while stable is updated off traffic'
      : 'finish: roll, stable is rolled under traffic; apps that do not drain at SIGTERM lose requests then',
    `split: ${plan.services.map(({ stable }) => `Service/${stable}`).join(', ')} behind ${plan.routes.map(({ stable }) => `Ingress/${stable}`).join(', ')}, by label ${plan.label.key}`,
    `pods: ${replicas} stable, at most ${most} of the canary on top`,
    ...(plan.autoscaler
      ? [
          `autoscaler: HorizontalPodAutoscaler/${plan.autoscaler.name} keeps stable's count as its minimum while the canary carries all users`,
        ]
      : []),
  ];
}
