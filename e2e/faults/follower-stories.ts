import { deployShop, imageAt, type Names, settingsFor } from '../scenarios/several/shop.ts';
import type { World } from '../world.ts';
import type { Recovery, Story } from './crash-points.ts';

/** What the stories share with those of one workload. */
interface Shared {
  again(step: Story['step']): Recovery;
  anotherBy(step: Story['step']): Recovery;
  abortBy(step: Story['step']): Recovery;
  itsGuard: Recovery;
  besideGuard: NonNullable<Story['beside']>;
}

const OTHERS: Names = ['deployment/worker', 'statefulset/jobs', 'cronjob/report'];
const settings = { ...settingsFor(OTHERS), steps: ['50% 1s'], rollback_steps: [] };
const begin = (world: World): Promise<void> => deployShop(world, OTHERS);
/** Deaths before a follower is written are those of other stories. */
async function fromTheWorker(world: World, over: () => boolean, now: () => void): Promise<void> {
  const isWritten = async () => !(await imageAt(world, 'deployment/worker')).endsWith(':1.0.0');
  await world.until('the worker is written', async () => over() || (await isWritten()));
  now();
}

/** Several workloads go up together, and down together. */
export function followerStories({ again, anotherBy, abortBy, itsGuard, besideGuard }: Shared): Story[] {
  const up: Story['step'] = { settings, build: {} };
  const before: Story['step'] = { settings: { ...settings, order: 'before' }, build: {} };
  const bad: Story['step'] = { settings, build: { DRONE_TAG: 'v1.1.0-jobs.crash' } };
  const another = anotherBy({ settings, build: { DRONE_BUILD_NUMBER: '80', DRONE_TAG: 'v1.2.0' } });
  const abort = abortBy({ settings: { ...settings, action: 'abort' }, build: { DRONE_BUILD_NUMBER: '78' } });
  const ends = { from: '1.0.0', to: '1.1.0', begin, ownEnds: true } as const;
  return [
    {
      ...ends,
      name: 'promote a worker, a StatefulSet and a CronJob, too',
      step: up,
      beside: fromTheWorker,
      recoveries: [again(up), another, abort],
      sample: 6,
    },
    {
      ...ends,
      name: 'promote several workloads, the users last',
      step: before,
      recoveries: [again(before), another, abort],
      inFull: true,
    },
    {
      ...ends,
      name: 'promote several workloads, with a guard',
      step: before,
      guarded: true,
      beside: besideGuard,
      recoveries: [itsGuard],
      sample: 8,
    },
    {
      ...ends,
      name: 'a StatefulSet that crashes takes all back',
      to: '1.0.0',
      step: bad,
      beside: fromTheWorker,
      recoveries: [
        { ...again(bad), ends: () => ({ tag: '1.0.0', code: 1 }) },
        another,
        { ...abort, ends: () => ({ tag: '1.0.0', code: 0 }) },
      ],
      sample: 6,
    },
  ];
}
