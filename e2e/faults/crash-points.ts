import { deployApp, imageOf, paths, REPO, SETTINGS } from '../app.ts';
import { byService } from '../bluegreen/by-service.ts';
import { hook } from '../jobs/hooks.ts';
import type { Rolled } from '../rolling/app.ts';
import type { StepResult, World } from '../world.ts';
import { followerStories } from './follower-stories.ts';
import type { JobStory } from './job-runs.ts';
import { hasImage, isAtTheEnd, leaseOf, rolledStories } from './rolled-stories.ts';

/** A step as a pipeline has it. */
interface StepCall {
  settings: Record<string, unknown>;
  build: Record<string, string>;
}

/** A step that may die at any of its writes, and how the world came to where it begins. */
export interface Story {
  name: string;
  /** The version that serves the users before, and after the step. */
  from: string;
  to: string;
  begin(world: World): Promise<void>;
  step: StepCall;
  /** The step has a guard. */
  guarded?: true;
  /** Told by `npm run test:faults` alone: another story is the sample of its kind. */
  inFull?: true;
  /** Users may notice: stable is rolled under traffic, as asked. */
  noticed?: true;
  /**
   * What somebody else does while the step runs; ends when that has come to its end. `over` tells that the step is; `now` is to be called
   * when it begins: deaths before it are another story's.
   */
  beside?(world: World, over: () => boolean, now: () => void): Promise<void>;
  recoveries: readonly Recovery[];
  /** Users come by the Service, and there is no route. What the namespace should be comes from the story's own step. */
  bySelector?: true;
  /** The kind of the workload, of a rolling update. */
  rolled?: Rolled;
  /** Jobs around the release: each runs once, and is undone if the release goes back. */
  jobs?: JobStory;
  /** What the namespace should be comes from the story's own step. */
  ownEnds?: true;
  /** The tests prove every so-manieth end; all of them with CRASH_POINTS=all, and in `npm run test:faults`. */
  sample?: number;
}

/** What is done after the death. */
export interface Recovery {
  name: string;
  /** undefined: nothing, for somebody else has done it. */
  step?: StepCall;
  /** The version that serves the users at the end, and the exit code that tells so. */
  ends(story: Story, known: Known): { tag: string; code: number };
}

/** What an end is judged by. */
interface Known {
  /** The dead step had ended its promotion; nothing is left of it to be recovered from. */
  completed: boolean;
  /** The dead step had written stable. */
  returned: boolean;
  /** What the recovery's step says of itself. */
  result: StepResult | undefined;
}

/** One step is enough: what differs between steps is their weight. Settle and drain are those that keep users from noticing. */
const settings = { ...SETTINGS, steps: ['50% 1s'], rollback_steps: [] };
const held = { ...settings, steps: ['50% 1s', 'hold'] };

const promotion: StepCall = { settings, build: {} };
/** A Job before any user, a copy of stable beside the canary: all that a promotion may make. */
const compared: StepCall = {
  settings: {
    ...settings,
    baseline: true,
    metrics_port: 8080,
    checks: [{ name: 'smoke', job: { image: '192.0.2.10:5000/shop/checks:exit0' } }],
  },
  build: {},
};
/** A Job before the release, one after it, and what takes them back. */
const before = [hook('migrate', '1-exit0', {}, '2-exit0')];
const withJobs: StepCall = {
  settings: { ...settings, before, after: [hook('reindex', '1-exit0', {}, '2-exit0')] },
  build: {},
};
const withBadJob: StepCall = {
  settings: { ...settings, before, after: [hook('reindex', '1-exit3', {}, '2-exit0')] },
  build: {},
};
const JOBS: JobStory = {
  names: ['before-migrate', 'after-reindex'],
  // another release completes the one that had written stable
  net: (tag, returned) => (tag === '1.1.0' || (tag === '1.2.0' && returned) ? 1 : 0),
};
/** A Job at the weight of the step, with users on the release. */
const ofStep: StepCall = {
  settings: {
    ...settings,
    steps: ['50% 1s checks smoke'],
    checks: [{ name: 'smoke', job: { image: '192.0.2.10:5000/shop/checks:exit0' } }],
  },
  build: {},
};
/** Whoever goes back or takes another release may have met it before its Job. */
const JOB_OF_STEP: JobStory = { names: ['smoke-1'], net: (tag) => (tag === '1.1.0' ? 1 : undefined) };
const experiment: StepCall = {
  settings: { ...compared.settings, strategy: 'experiment' },
  build: {},
};
const rollback: StepCall = {
  settings,
  build: { DRONE_BUILD_EVENT: 'rollback', DRONE_BUILD_NUMBER: '79', DRONE_TAG: 'v1.0.0' },
};
/** The same without the pace of the router. */
const atOnce: StepCall = { ...rollback, settings: { ...settings, rollback_finish: 'roll' } };
const paced: StepCall = { settings: { ...settings, finish: 'pace' }, build: {} };
const abort: StepCall = { settings: { ...settings, action: 'abort' }, build: { DRONE_BUILD_NUMBER: '78' } };
/** A full copy, one switch, and the old version kept for a moment. */
const { steps: _, ...plain } = SETTINGS;
const blueGreen: StepCall = {
  settings: { ...plain, strategy: 'bluegreen', keep: '1s', metrics_port: 8080, unwatched: 'allow' },
  build: {},
};
/** The same, which testers reach by a host of its own. */
const previewed: StepCall = {
  ...blueGreen,
  settings: { ...blueGreen.settings, preview: 'preview.shop.example.com' },
};
const otherBlueGreen: StepCall = {
  ...blueGreen,
  build: { DRONE_BUILD_NUMBER: '80', DRONE_TAG: 'v1.2.0' },
};
/** No route: the canary's share is that of its pods, half of them as soon as there is a step. */
const byPods: StepCall = {
  settings: { ...settings, traffic: 'replicas', metrics_port: 8080, unwatched: 'allow' },
  build: {},
};
const otherByPods: StepCall = { ...byPods, build: { DRONE_BUILD_NUMBER: '80', DRONE_TAG: 'v1.2.0' } };
const other: StepCall = { settings, build: { DRONE_BUILD_NUMBER: '80', DRONE_TAG: 'v1.2.0' } };

const again = (step: StepCall): Recovery => ({
  name: 'the same build again',
  step,
  ends: ({ to }) => ({ tag: to, code: 0 }),
});
const anotherBy = (step: StepCall): Recovery => ({
  name: 'another release',
  step,
  ends: () => ({ tag: '1.2.0', code: 0 }),
});
const anotherRelease = anotherBy(other);
/** Forward where stable was written, else back; without anybody's help. */
const itsGuard: Recovery = {
  name: 'its guard',
  ends: ({ from, to }, { returned }) => ({ tag: returned ? to : from, code: 0 }),
};
const abortBy = (step: StepCall): Recovery => ({
  name: 'an abort',
  step,
  ends({ from, to }, { completed, result }) {
    // once all users are back on the new stable, there is nothing to go back from: it says so, and must have tidied up
    if (result && /It was too late to abort/.test(result.log)) return { tag: to, code: 2 };
    return { tag: completed ? to : from, code: 0 };
  },
});
const anAbort = abortBy(abort);

export const stories: readonly Story[] = [
  {
    name: 'promote',
    from: '1.0.0',
    to: '1.1.0',
    begin: deployWithPolicies,
    step: promotion,
    recoveries: [again(promotion), anotherRelease, anAbort],
  },
  {
    name: 'promote, with a guard',
    from: '1.0.0',
    to: '1.1.0',
    begin: deployWithPolicies,
    step: promotion,
    guarded: true,
    beside: besideGuard,
    recoveries: [itsGuard],
  },
  {
    name: 'blue/green',
    from: '1.0.0',
    to: '1.1.0',
    begin: deployWithPolicies,
    step: blueGreen,
    recoveries: [again(blueGreen), anotherRelease, anAbort],
    sample: 10,
  },
  {
    name: 'blue/green with a preview',
    from: '1.0.0',
    to: '1.1.0',
    begin: deployWithPolicies,
    step: previewed,
    recoveries: [again(previewed), anotherRelease, anAbort],
    sample: 12,
  },
  {
    name: 'blue/green with a preview, with a guard',
    from: '1.0.0',
    to: '1.1.0',
    begin: deployWithPolicies,
    step: previewed,
    guarded: true,
    beside: besideGuard,
    recoveries: [itsGuard],
    inFull: true,
  },
  {
    name: 'blue/green by the Service',
    from: '1.0.0',
    to: '1.1.0',
    begin: (world) => deployWithPolicies(byService(world)),
    step: blueGreen,
    recoveries: [again(blueGreen), anotherBy(otherBlueGreen), anAbort],
    bySelector: true,
    sample: 10,
  },
  {
    name: 'blue/green by the Service, with a guard',
    from: '1.0.0',
    to: '1.1.0',
    begin: (world) => deployWithPolicies(byService(world)),
    step: blueGreen,
    guarded: true,
    beside: besideGuard,
    recoveries: [itsGuard],
    bySelector: true,
    sample: 10,
  },
  {
    name: 'promote by the share of the pods',
    from: '1.0.0',
    to: '1.1.0',
    begin: (world) => deployWithPolicies(byService(world)),
    step: byPods,
    recoveries: [again(byPods), anotherBy(otherByPods), anAbort],
    bySelector: true,
    sample: 20,
  },
  {
    name: 'promote by the share of the pods, with a guard',
    from: '1.0.0',
    to: '1.1.0',
    begin: (world) => deployWithPolicies(byService(world)),
    step: byPods,
    guarded: true,
    inFull: true,
    beside: besideGuard,
    recoveries: [itsGuard],
    bySelector: true,
  },
  {
    name: 'promote, with a check by a Job and a baseline',
    from: '1.0.0',
    to: '1.1.0',
    begin: deployWithPolicies,
    step: compared,
    recoveries: [again(compared), anotherRelease, anAbort],
  },
  {
    name: 'promote, with a Job of a step',
    from: '1.0.0',
    to: '1.1.0',
    begin: deployWithPolicies,
    step: ofStep,
    jobs: JOB_OF_STEP,
    recoveries: [again(ofStep), anotherRelease, anAbort],
    sample: 20,
  },
  {
    name: 'promote, with a Job of a step, with a guard',
    from: '1.0.0',
    to: '1.1.0',
    begin: deployWithPolicies,
    step: ofStep,
    jobs: JOB_OF_STEP,
    guarded: true,
    beside: besideGuard,
    recoveries: [itsGuard],
    inFull: true,
  },
  {
    name: 'promote, with Jobs before and after the release',
    from: '1.0.0',
    to: '1.1.0',
    begin: deployWithPolicies,
    step: withJobs,
    jobs: JOBS,
    recoveries: [again(withJobs), anotherRelease, anAbort],
    sample: 10,
  },
  {
    name: 'promote, with Jobs before and after the release, with a guard',
    from: '1.0.0',
    to: '1.1.0',
    begin: deployWithPolicies,
    step: withJobs,
    jobs: JOBS,
    guarded: true,
    beside: besideGuard,
    recoveries: [itsGuard],
    inFull: true,
  },
  {
    name: 'a promotion whose Job after the release fails',
    from: '1.0.0',
    to: '1.0.0',
    begin: deployWithPolicies,
    step: withBadJob,
    jobs: { ...JOBS, net: () => 0 },
    recoveries: [
      { name: 'the same build again', step: withBadJob, ends: ({ from }) => ({ tag: from, code: 1 }) },
      anAbort,
      // which the failed one, whose end it brings about, does not hold up
      anotherRelease,
    ],
    sample: 10,
  },
  {
    name: 'an experiment',
    from: '1.0.0',
    to: '1.0.0',
    begin: deployWithPolicies,
    step: experiment,
    recoveries: [again(experiment), anotherRelease, anAbort],
  },
  {
    name: 'a promotion that is asked to come down',
    from: '1.0.0',
    to: '1.0.0',
    begin: deployWithPolicies,
    step: { ...promotion, settings: { ...settings, steps: ['50% 10m'] } },
    async beside(world, over, now) {
      await world.until('the canary has its weight', async () => over() || (await weightOf(world)) === 50);
      now();
      await world.step(abort.settings, abort.build).done;
    },
    recoveries: [
      { name: 'the abort that asked for it', ends: ({ from }) => ({ tag: from, code: 0 }) },
      anotherRelease,
    ],
  },
  {
    name: 'an abort of what was held',
    from: '1.0.0',
    to: '1.0.0',
    begin: holdAt,
    step: abort,
    recoveries: [
      again(abort),
      { name: 'a promotion', step: promotion, ends: () => ({ tag: '1.1.0', code: 0 }) },
      anotherRelease,
    ],
  },
  {
    name: 'rollback at once',
    from: '1.1.0',
    to: '1.0.0',
    begin: (world) => deployWithPolicies(world, '1.1.0'),
    step: atOnce,
    noticed: true,
    recoveries: [again(atOnce), anotherRelease, anAbort],
  },
  {
    name: 'rollback at the pace of the router',
    from: '1.1.0',
    to: '1.0.0',
    begin: (world) => deployWithPolicies(world, '1.1.0'),
    step: rollback,
    recoveries: [again(rollback), anotherRelease, anAbort],
  },
  {
    name: 'promote, while stable is rolled at the pace of the router',
    from: '1.0.0',
    to: '1.1.0',
    begin: deployWithPolicies,
    step: paced,
    inFull: true,
    beside: fromStable,
    recoveries: [again(paced), anAbort],
  },
  {
    name: 'promote, while stable is rolled at the pace of the router, with a guard',
    from: '1.0.0',
    to: '1.1.0',
    begin: deployWithPolicies,
    step: paced,
    guarded: true,
    async beside(world, over, now) {
      await fromStable(world, over, now);
      await world.until('the step is over', over, 300_000);
      await world.until(
        'nothing is open',
        async () => (await leaseAnnotation(world, 'record')) === undefined,
        300_000,
      );
    },
    recoveries: [itsGuard],
  },
  {
    name: 'rollback of what was held',
    from: '1.0.0',
    to: '1.0.0',
    begin: holdAt,
    step: rollback,
    recoveries: [again(rollback), anotherRelease, anAbort],
  },
  ...rolledStories(leaseAnnotation),
  ...followerStories({ again, anotherBy, abortBy, itsGuard, besideGuard }),
];

/** Deaths before stable is written are those of the other promotions. */
async function fromStable(world: World, over: () => boolean, now: () => void): Promise<void> {
  await world.until('stable is written', async () => over() || (await runs(world, '1.1.0')));
  now();
}

/** Deaths before the guard is up are another story's. Waits until the promotion is over, by whomever. */
async function besideGuard(world: World, over: () => boolean, now: () => void): Promise<void> {
  await world.until(
    'the guard is up',
    async () => over() || (await leaseAnnotation(world, 'guard')) !== undefined,
  );
  now();
  await world.until('the step is over', over, 300_000);
  await world.until(
    'nothing is open',
    async () => (await leaseAnnotation(world, 'record')) === undefined,
    300_000,
  );
}

/** Whether the workload's promotion has come to its end with that version: nothing is open any more. */
export async function isCompleted(world: World, { to, rolled }: Story): Promise<boolean> {
  const lease = leaseOf(rolled ?? 'Deployment');
  const has = rolled ? hasImage(world, rolled, to) : runs(world, to);
  return (await leaseAnnotation(world, 'record', lease)) === undefined && (await has);
}

/** Whether a guard would go forward: it has written stable, or all pods of a rolling update have the release. */
export async function isReturned(world: World, { to, rolled }: Story): Promise<boolean> {
  if (!rolled) return runs(world, to);
  return isAtTheEnd(await leaseAnnotation(world, 'record', leaseOf(rolled))) && hasImage(world, rolled, to);
}

/** Whether the Deployment has that version. */
async function runs(world: World, tag: string): Promise<boolean> {
  return (await imageOf(world)) === `${REPO}:${tag}`;
}

async function leaseAnnotation(
  world: World,
  name: string,
  leaseName = 'drone-promote-web',
): Promise<string | undefined> {
  const lease = await world.api.get(`${paths(world.namespace).leases}/${leaseName}`);
  return lease?.metadata.annotations?.[`drone-promote/${name}`];
}

/** The app, and a policy and a budget that know its pods by the label that tells the canary apart. */
async function deployWithPolicies(world: World, tag = '1.0.0'): Promise<void> {
  const at = paths(world.namespace);
  const selected = { matchLabels: { app: 'web' } };
  await world.api.create(at.policies, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'web' },
    spec: { podSelector: selected, policyTypes: ['Ingress'], ingress: [{}] },
  });
  await world.api.create(at.budgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { maxUnavailable: 1, selector: selected },
  });
  await deployApp(world, { tag, replicas: 2 });
}

async function holdAt(world: World): Promise<void> {
  await deployWithPolicies(world);
  const step = await world.step(held).done;
  if (step.outputs.PROMOTE_OUTCOME !== 'held') throw new Error(`it is not held:\n${step.log}`);
}

async function weightOf(world: World): Promise<number> {
  const ingresses = await world.api.list(paths(world.namespace).ingresses);
  const weights = ingresses.map(
    (each) => each.metadata.annotations?.['nginx.ingress.kubernetes.io/canary-weight'],
  );
  return Number(weights.find((weight) => weight !== undefined) ?? 0);
}
