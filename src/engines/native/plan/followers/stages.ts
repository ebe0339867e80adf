import type { Plan } from '../plan.ts';
import type { Stage } from '../stage.ts';
import { type Follower, followerName } from './follower.ts';

/**
 * The stages of a promotion with those of its followers: each gets the image once stable runs it, while the way
 * back is still whole, or before everything else (`order: before`). CronJobs get it at the end. The Jobs of `after` find the release
 * on all others.
 */
export function withFollowers(plan: Plan, stages: readonly Stage[]): Stage[] {
  const { followers = [] } = plan;
  if (followers.length === 0) return [...stages];
  const jobs = stages.findIndex(({ kind }) => kind === 'after');
  const at = jobs === -1 ? stages.findLastIndex(({ kind }) => kind === 'update-stable') + 1 : jobs;
  const end = stages.at(-1)?.kind === 'clean-up' ? stages.length - 1 : stages.length;
  const isAtEnd = ({ kind }: Follower) => kind === 'CronJob';
  const update = (
    which: (follower: Follower) => boolean,
    like: Pick<Stage, 'weight' | 'replicaPercent' | 'image'>,
  ) =>
    followers.flatMap((follower, index): Stage[] =>
      which(follower)
        ? [
            {
              ...like,
              kind: 'update-follower',
              name: `update ${followerName(follower)}`,
              follower: index,
              forMs: 0,
            },
          ]
        : [],
    );
  const rolled = (follower: Follower) => !isAtEnd(follower);
  const atEnd = update(isAtEnd, { ...LEAVES, image: 'to' });
  if (plan.order === 'before') {
    return [
      ...update(rolled, { ...LEAVES, image: 'from' }),
      ...stages.slice(0, end),
      ...atEnd,
      ...stages.slice(end),
    ];
  }
  const { weight, replicaPercent } = stages[at - 1] ?? LEAVES;
  return [
    ...stages.slice(0, at),
    ...update(rolled, { weight, replicaPercent, image: 'to' }),
    ...stages.slice(at, end),
    ...atEnd,
    ...stages.slice(end),
  ];
}

/** The canary stays as it is. */
const LEAVES = { weight: 'keep', replicaPercent: 'keep' } as const;

/** Puts all followers back, and waits until they are rolled out. */
export const RESTORE_FOLLOWERS: Stage = {
  ...LEAVES,
  kind: 'restore-followers',
  name: 'restore the followers',
  image: 'any',
  forMs: 0,
};
