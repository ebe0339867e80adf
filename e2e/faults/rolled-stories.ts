import type { PromotionRecord } from '../../src/engines/native/plan/record.ts';
import { stagesOf } from '../../src/engines/native/plan/stages.ts';
import { REPO } from '../app.ts';
import { hook } from '../jobs/hooks.ts';
import { deployRolled, type Rolled, settingsOf, workloadOf } from '../rolling/app.ts';
import type { World } from '../world.ts';
import type { Recovery, Story } from './crash-points.ts';
import type { JobStory } from './job-runs.ts';

/** Rolling updates that die at any of their writes, for each kind of workload. */
export function rolledStories(
  leaseAnnotation: (world: World, name: string, lease: string) => Promise<string | undefined>,
): Story[] {
  return (['StatefulSet', 'DaemonSet', 'Deployment'] as const).flatMap((kind) =>
    storiesOf(kind, leaseAnnotation),
  );
}

/** The Lease of the workload of a story. */
export function leaseOf(kind: Rolled): string {
  return kind === 'Deployment' ? 'drone-promote-web' : `drone-promote-${kind.toLowerCase()}.web`;
}

function storiesOf(
  kind: Rolled,
  leaseAnnotation: (world: World, name: string, lease: string) => Promise<string | undefined>,
): Story[] {
  const settings = { ...settingsOf(kind), steps: ['50% 1s'], unwatched: 'allow', rollback_steps: [] };
  const promotion = { settings, build: {} };
  const other = { settings, build: { DRONE_BUILD_NUMBER: '80', DRONE_TAG: 'v1.2.0' } };
  const abort = { settings: { ...settings, action: 'abort' }, build: { DRONE_BUILD_NUMBER: '78' } };
  const bad = { settings: { ...settings, tag: '1.1.0-crash' }, build: {} };
  const again = (step: Story['step'], code = 0): Recovery => ({
    name: 'the same build again',
    step,
    ends: ({ to }) => ({ tag: to, code }),
  });
  const anotherRelease: Recovery = {
    name: 'another release',
    step: other,
    ends: () => ({ tag: '1.2.0', code: 0 }),
  };
  const anAbort: Recovery = {
    name: 'an abort',
    step: abort,
    ends({ from, to }, { completed, result }) {
      if (result && /It was too late to abort/.test(result.log)) return { tag: to, code: 2 };
      return { tag: completed ? to : from, code: 0 };
    },
  };
  const before = [hook('migrate', '1-exit0', {}, '2-exit0')];
  const withJobs = {
    settings: { ...settings, before, after: [hook('reindex', '1-exit0', {}, '2-exit0')] },
    build: {},
  };
  const withBadJob = {
    settings: { ...settings, before, after: [hook('reindex', '1-exit3', {}, '2-exit0')] },
    build: {},
  };
  const beside = besideGuard(leaseOf(kind), leaseAnnotation);
  // a StatefulSet is the sample of the three kinds
  const inFull = kind === 'StatefulSet' ? {} : ({ inFull: true } as const);
  const common = { from: '1.0.0', rolled: kind, noticed: true, sample: 12, ...inFull } as const;
  const begin = (world: World) => deployRolled(world, kind, { replicas: 2 });
  return [
    {
      ...common,
      name: `a rolling update of a ${kind}`,
      to: '1.1.0',
      begin,
      step: promotion,
      recoveries: [again(promotion), anotherRelease, anAbort],
    },
    {
      ...common,
      name: `a rolling update of a ${kind} that is brought back`,
      to: '1.0.0',
      begin,
      step: bad,
      recoveries: [
        again(bad, 1),
        anotherRelease,
        { ...anAbort, ends: ({ from }) => ({ tag: from, code: 0 }) },
      ],
    },
    {
      ...common,
      name: `a rolling update of a ${kind}, with a guard`,
      to: '1.1.0',
      begin,
      step: promotion,
      guarded: true,
      beside,
      recoveries: [ITS_GUARD],
    },
    {
      ...common,
      name: `a rolling update of a ${kind}, with Jobs before and after it`,
      to: '1.1.0',
      begin,
      step: withJobs,
      jobs: JOBS,
      recoveries: [again(withJobs), anotherRelease, anAbort],
      sample: 18,
    },
    {
      ...common,
      name: `a rolling update of a ${kind}, with Jobs before and after it, with a guard`,
      to: '1.1.0',
      begin,
      step: withJobs,
      jobs: JOBS,
      guarded: true,
      beside,
      recoveries: [ITS_GUARD],
      inFull: true,
    },
    {
      ...common,
      name: `a rolling update of a ${kind} whose Job after it fails`,
      to: '1.0.0',
      begin,
      step: withBadJob,
      jobs: { ...JOBS, net: () => 0 },
      recoveries: [again(withBadJob, 1), { ...anAbort, ends: ({ from }) => ({ tag: from, code: 0 }) }],
      inFull: true,
    },
  ];
}

const ITS_GUARD: Recovery = {
  name: 'its guard',
  ends: ({ from, to }, { returned }) => ({ tag: returned ? to : from, code: 0 }),
};

const JOBS: JobStory = {
  names: ['before-migrate', 'after-reindex'],
  // another release completes the one that has come to its end
  net: (tag, returned) => (tag === '1.1.0' || (tag === '1.2.0' && returned) ? 1 : 0),
};

/** Deaths before the guard is up are another story's. Waits until the promotion is over, by whomever. */
function besideGuard(
  lease: string,
  leaseAnnotation: (world: World, name: string, lease: string) => Promise<string | undefined>,
): NonNullable<Story['beside']> {
  return async (world, over, now) => {
    await world.until(
      'the guard is up',
      async () => over() || (await leaseAnnotation(world, 'guard', lease)) !== undefined,
    );
    now();
    await world.until('the step is over', over, 300_000);
    await world.until(
      'nothing is open',
      async () => (await leaseAnnotation(world, 'record', lease)) === undefined,
      300_000,
    );
  };
}

/** Whether all of the release is there and nothing but the update strategy is left to be put back, so that a guard goes forward. */
export function isAtTheEnd(record: string | undefined): boolean {
  if (record === undefined) return true;
  const of: PromotionRecord = JSON.parse(record);
  return of.direction === 'up' && of.stage >= stagesOf(of).length - 1;
}

/** Whether the workload's template has that version. */
export async function hasImage(world: World, kind: Rolled, tag: string): Promise<boolean> {
  const { spec } = (await workloadOf(world, kind)) ?? {};
  return spec?.template.spec.containers[0].image === `${REPO}:${tag}`;
}
