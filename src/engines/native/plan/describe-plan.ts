import type { Deployment } from 'kubernetes-types/apps/v1';
import { formatDuration } from '../../../duration.ts';
import { waitsForPerson } from '../../../settings/steps.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import { surgeBy } from '../../../workload/rolling/pace.ts';
import { hookLines } from './hooks/planned-hooks.ts';
import { mostCanaryPods, type Plan } from './plan.ts';
import { shareLines } from './split/shares.ts';
import { jobsBeforeUsers } from './stage.ts';
import { ownText, stepText } from './strategy/step-text.ts';

/**
 * The plan as lines of the log: what the promotion will do, with its pods and its objects.
 *
 * @param someStay some users stay on stable at any weight
 * @param why the finish was chosen; undefined if the user has named it
 */
export function describePlan(
  plan: Plan,
  deployment: Deployment,
  router: TrafficRouter | undefined,
  someStay = false,
  why?: string,
): string[] {
  const replicas = deployment.spec?.replicas ?? 1;
  const image = `${plan.from} → ${plan.to}`;
  if (plan.from === plan.to && plan.steps.length === 0)
    return [plan.to, 'stable has this image already; its rollout is followed'];
  if (plan.steps.length === 0 || !router) return [image, ...hookLines(plan), atOnce(plan)];
  const most = mostCanaryPods(plan, replicas);
  const steps = plan.steps.map((step) => stepText(step));
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
    ...hookLines(plan),
    ...testsOf(plan),
    ...mirrorOf(plan),
    ...(plan.strategy === 'bluegreen' ? blueGreenLines(plan) : [`steps: ${steps.join(', ')}`]),
    ...shareLines(plan, replicas),
    `finish: ${finishOf(plan, someStay)}${why === undefined ? '' : ` (\`auto\`, because ${why})`}`,
    `split: ${plan.services.map(({ stable }) => `Service/${stable}`).join(', ')} behind ${plan.routes.map(({ stable }) => router.describe(stable)).join(', ')}, by label ${plan.label.key}`,
    ...(router.caveats ?? []).map((caveat) => `${router.name}: ${caveat}`),
    `pods: ${replicas} stable, plus at most ${most} of the canary${plan.baseline ? ' and the baseline' : ''}${surgeOf(plan, replicas)}`,
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
          plan.autoscaler.kind === 'ScaledObject'
            ? `autoscaler: KEDA pauses ScaledObject/${plan.autoscaler.name} at stable's number of pods ${holdOf(plan)}, so it does not scale up then either`
            : `autoscaler: HorizontalPodAutoscaler/${plan.autoscaler.name} gets stable's number of pods as its minimum ${holdOf(plan)}`,
        ]
      : []),
  ];
}

/** What blue/green does before the switch, at it, and after it. */
function blueGreenLines({ steps, services }: Plan): string[] {
  const at = steps.findIndex((step) => step.kind === 'weight');
  const [kept] = steps.flatMap((step) => (step.kind === 'weight' ? [step] : []));
  const keep = `${kept?.untilSure ? 'until sure, at most ' : 'for '}${formatDuration(kept?.holdMs ?? 0)}${kept ? ownText(kept) : ''}`;
  const preview = services.map(({ canary }) => `Service/${canary}`).join(', ');
  const before = steps.slice(0, at).map((step) => stepText(step));
  const holds = steps.slice(at).filter(({ kind }) => kind === 'hold');
  const after = holds.map((step) =>
    waitsForPerson(step) ? 'and until a person goes on (hold)' : `then ${stepText(step)}`,
  );
  return [
    `blue/green: a full copy, to be tried at ${preview}${before.length === 0 ? '' : ` (${before.join(', ')})`}; then all users at once`,
    `keep: the old version stays ready ${keep}${after.map((each) => `, ${each}`).join('')}, and one write sends the users back`,
  ];
}

/** While what an autoscaler may take no pods off stable. */
function holdOf({ sharesByPods, finish }: Plan): string {
  if (sharesByPods) return 'as long as there is a canary';
  return finish === 'shift' ? 'while the canary takes all users' : 'while stable is rolled';
}

type PlannedPace = NonNullable<Plan['pace']>;

/** How stable is updated, and what it may cost. */
function finishOf({ finish, pace, sharesByPods }: Plan, someStay: boolean): string {
  if (finish === 'shift')
    return `shift, the canary takes all ${someStay ? 'other users' : 'users'} while stable is updated`;
  const after = sharesByPods ? ', once the users are back on stable' : '';
  if (finish === 'roll' || !pace)
    return `roll, stable is updated while it serves users${after}; an app that drops its requests at SIGTERM loses them`;
  const left = pace.out
    ? 'an app that drops its requests at SIGTERM loses only those that take longer than that'
    : 'a request that a pod has not answered when it ends is lost if the app drops it at SIGTERM and the router does not try it again';
  return `pace, ${paced(pace)}${after}; ${left}`;
}

function paced({ readySeconds, out }: PlannedPace): string {
  const each = out
    ? `each leaves its Services once a new one is ready, and ends ${formatDuration(out.afterMs)} later`
    : `each ${readySeconds}s after the new one is ready`;
  return `the pods of stable are replaced one after another, ${each}, so that the router follows`;
}

/** The pods that stable's rollout adds for a while. */
function surgeOf({ pace }: Plan, replicas: number): string {
  return pace ? `, and ${surgeBy(pace, replicas)} more while stable is rolled` : '';
}

function atOnce({ pace }: Plan): string {
  return pace
    ? `stable is updated without a canary, at the pace of the router: ${paced(pace)}`
    : 'stable is updated at once, without a canary';
}

/** What is copied before the first user. */
function mirrorOf({ mirror }: Plan): string[] {
  if (!mirror) return [];
  const what = mirror.methods === 'get' ? 'GET requests' : 'requests of any method';
  return [
    `mirror: ${mirror.percent} % of the ${what} are copied to the canary for ${formatDuration(mirror.ms)}, before its first user; the answers to the copies are thrown away`,
  ];
}

function testsOf(plan: Plan): string[] {
  const jobs = jobsBeforeUsers(plan);
  return jobs.length === 0
    ? []
    : [`before the first user: ${jobs.map(({ name }) => `check ${name}`).join(', ')}`];
}

/** Whose requests the weight does not move, and what that means for them. */
export function stayingWarning({ finish }: Plan, staying: readonly string[]): string[] {
  if (staying.length === 0) return [];
  const whose = staying.join('; ');
  return finish === 'shift'
    ? [
        `Some users stay on stable at any weight, and meet its rolling update: ${whose}. An app that drops its requests at SIGTERM loses requests of theirs then.`,
      ]
    : [`Some users stay on stable at any weight: ${whose}.`];
}
