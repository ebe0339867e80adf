import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../../../src/cluster/resource.ts';
import type { Decision } from '../../../../src/engines/native/converge/decision.ts';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import type { FollowerState } from '../../../../src/engines/native/observe/followers.ts';
import type { Snapshot } from '../../../../src/engines/native/observe/snapshot.ts';
import { followerImage } from '../../../../src/engines/native/plan/followers/follower.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { deployment, FROM, observed, plan, record, TO, waitingPod, withCanary } from '../fixtures.ts';
import {
  all,
  cronJob,
  FOLLOWERS,
  jobs,
  OLDER,
  ordinal,
  report,
  seen,
  statefulSet,
  worker,
} from './objects.ts';

const own = plan({ followers: FOLLOWERS });
const before = plan({ followers: FOLLOWERS, order: 'before' });
/** The record at the stage of that name. */
function at(name: string, over: Partial<PromotionRecord> = {}): PromotionRecord {
  const base = record({ plan: own, ...over });
  const stage = stagesOf(base).findIndex((each) => each.name === name);
  assert.notEqual(stage, -1, `there is no stage ${name}`);
  return { ...base, stage };
}

/** A decision in a few words, with the images of the followers that it writes. */
function said(decision: Decision): string {
  switch (decision.do) {
    case 'write':
      return decision.writes
        .map(({ verb, object }) => {
          const name = object.metadata?.name ?? '';
          const follower = FOLLOWERS.find((each) => each.name === name);
          const tag =
            follower && verb === 'update' ? ` ${followerImage(follower, object).split(':').at(-1)}` : '';
          return `${verb} ${name}${tag}`;
        })
        .join(', ');
    case 'record': {
      const { direction, stage, restore, restoreFollowers } = decision.record;
      const name = stagesOf(decision.record)[stage]?.name ?? 'end';
      return `${direction} ${name}${restore ? ', restore' : ''}${restoreFollowers ? ', followers' : ''}`;
    }
    case 'wait':
      return decision.event.type === 'waiting' ? decision.event.for : decision.event.type;
    case 'end':
      return `${decision.outcome.kind}: ${decision.outcome.reason}`;
  }
}

/** All users are on the canary, and stable runs the release. */
const updated = (followers: readonly FollowerState[]): Snapshot =>
  withCanary(4, 100, { stable: deployment('web', TO, 4), followers });
const rolling = ({ follower }: Pick<FollowerState, 'follower'>): FollowerState => {
  const object = deployment('worker', TO, 2);
  return seen(follower, { ...object, status: { ...object.status, updatedReplicas: 1 } } as KubeObject);
};
const failed = (): FollowerState => {
  const object = deployment('worker', TO, 2);
  const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];
  return seen(worker, {
    ...object,
    status: { ...object.status, updatedReplicas: 1, conditions },
  } as KubeObject);
};
const crashed = (): FollowerState => {
  const pod = waitingPod('worker-x', 'CrashLoopBackOff', 'back-off');
  const state = rolling(seen(worker, undefined));
  return { ...state, newPods: [pod] };
};
const noRoom = (): FollowerState => {
  const object = deployment('worker', TO, 2);
  const message = 'exceeded quota: shop';
  const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }];
  return seen(worker, {
    ...object,
    status: { ...object.status, updatedReplicas: 1, conditions },
  } as KubeObject);
};
const [theWorker, theJobs, theReport] = all([TO, TO, FROM]) as [FollowerState, FollowerState, FollowerState];
const [oldWorker, oldJobs] = all([FROM, OLDER, FROM]) as [FollowerState, FollowerState, FollowerState];
const down: Partial<PromotionRecord> = { direction: 'down', restoreFollowers: true, reason: 'It is bad.' };
/** The StatefulSet after its template was put back; ordinal 1 runs the release and is not ready. */
const blocked = (revision: Partial<ReturnType<typeof statefulSet>['status']>): FollowerState =>
  seen(jobs, statefulSet(OLDER, { readyReplicas: 1, ...revision }), [
    ordinal(0, 'jobs-old', OLDER, true),
    ordinal(1, 'jobs-new', TO, false),
  ]);

const TABLE: [what: string, PromotionRecord, Snapshot, expected: string, now?: number][] = [
  [
    'stable is updated: then the first follower',
    at('update stable', { reachedAt: 0 }),
    updated(all([FROM, OLDER, FROM])),
    'up update Deployment/worker',
    4000,
  ],
  [
    'a follower gets the image',
    at('update Deployment/worker'),
    updated(all([FROM, OLDER, FROM])),
    'update worker 1.1.0',
  ],
  [
    'its own controller rolls it',
    at('update Deployment/worker'),
    updated([rolling(theWorker), oldJobs, theReport]),
    'Deployment/worker: 1 of 2 pods are new',
  ],
  [
    'it is rolled out: the next one',
    at('update Deployment/worker'),
    updated([theWorker, oldJobs, theReport]),
    'up update StatefulSet/jobs',
  ],
  [
    'the next one',
    at('update StatefulSet/jobs'),
    updated([theWorker, oldJobs, theReport]),
    'update jobs 1.1.0',
  ],
  [
    'a CronJob waits until the users are back',
    at('update StatefulSet/jobs'),
    updated([theWorker, theJobs, theReport]),
    'up back to stable',
  ],
  [
    'then it gets the image, and nothing is waited for',
    at('update CronJob/report'),
    withCanary(4, 0, { stable: deployment('web', TO, 4), followers: [theWorker, theJobs, theReport] }),
    'update report 1.1.0',
  ],
  [
    'and the canary is removed',
    at('update CronJob/report'),
    withCanary(4, 0, { stable: deployment('web', TO, 4), followers: all([TO, TO, TO]) }),
    'up clean up',
  ],
  [
    'before: the followers are the first',
    at('update Deployment/worker', { plan: before }),
    observed({ followers: all([FROM, OLDER, FROM]) }),
    'update worker 1.1.0',
  ],
  [
    'before: there is no canary yet, and nobody has deleted it',
    at('10 %', { plan: before }),
    observed({ followers: [theWorker, theJobs, theReport] }),
    'create web-canary, create web-canary',
  ],

  [
    'one that crashes takes all back',
    at('update Deployment/worker'),
    updated([crashed(), oldJobs, theReport]),
    'down canary takes all users, restore, followers',
  ],
  [
    'one that its controller gave up, too',
    at('update Deployment/worker'),
    updated([failed(), oldJobs, theReport]),
    'down canary takes all users, restore, followers',
  ],
  [
    'one without room waits',
    at('update Deployment/worker'),
    updated([noRoom(), oldJobs, theReport]),
    'Deployment/worker: 1 of 2 pods are new',
  ],
  [
    'but not for ever',
    at('update Deployment/worker'),
    updated([noRoom(), oldJobs, theReport]),
    'down canary takes all users, restore, followers',
    300_000,
  ],
  [
    'one that takes too long',
    at('update Deployment/worker'),
    updated([rolling(theWorker), oldJobs, theReport]),
    'down canary takes all users, restore, followers',
    300_000,
  ],
  [
    'somebody changed one that has its turn later',
    at('10 %', { reachedAt: 0 }),
    withCanary(1, 10, { followers: all([FROM, `${OLDER}-x`, FROM]) }),
    'down weight 0',
  ],
  [
    'somebody put one back that was updated',
    at('update StatefulSet/jobs'),
    updated(all([FROM, TO, FROM])),
    'down canary takes all users, restore, followers',
  ],
  [
    'somebody deleted one',
    at('10 %', { reachedAt: 0 }),
    withCanary(1, 10, { followers: [seen(worker, undefined), oldJobs, theReport] }),
    'down weight 0',
  ],
  [
    'before: a fault of the canary takes the followers back',
    at('10 %', { plan: before, reachedAt: 0 }),
    withCanary(1, 10, {
      followers: [theWorker, theJobs, theReport],
      request: { id: 'one', by: 'ann', reason: 'no' },
    }),
    'down weight 0, followers',
  ],

  [
    'the users come first, then all followers go back, the last one first',
    at('restore the followers', down),
    observed({ followers: all([TO, TO, TO]) }),
    'update report 1.0.0, update jobs 0.9.0, update worker 1.0.0',
  ],
  [
    'only those that were updated',
    at('restore the followers', down),
    observed({ followers: [theWorker, oldJobs, theReport] }),
    'update worker 1.0.0',
  ],
  [
    'what somebody else deployed stays',
    at('restore the followers', down),
    observed({ followers: all([`${FROM}-x`, OLDER, FROM]) }),
    'down clean up, followers',
  ],
  [
    'one that was deleted is not waited for',
    at('restore the followers', down),
    observed({ followers: [seen(worker, undefined), oldJobs, theReport] }),
    'down clean up, followers',
  ],
  [
    'a pod that is not ready keeps a StatefulSet from going back: it is deleted',
    at('restore the followers', down),
    observed({ followers: [oldWorker, blocked({}), theReport] }),
    'delete jobs-1',
  ],
  [
    'but not before its controller has seen the old template',
    at('restore the followers', down),
    observed({ followers: [oldWorker, blocked({ observedGeneration: 0 }), theReport] }),
    'StatefulSet/jobs: the controller has not seen the change yet',
  ],
  [
    'nor a pod of the old revision that is not ready',
    at('restore the followers', down),
    observed({ followers: [oldWorker, blocked({ updateRevision: 'jobs-new' }), theReport] }),
    'StatefulSet/jobs: 1 of 2 pods are ready',
  ],
  [
    'one that does not come back needs a person',
    at('restore the followers', down),
    observed({ followers: [oldWorker, blocked({ updateRevision: 'jobs-new' }), theReport] }),
    'stuck: It is bad. StatefulSet/jobs did not become ready during the rollback: 1 of 2 pods are ready.\nThe promotion stopped at "restore the followers", with 0 % of the users on the canary.',
    300_000,
  ],
  [
    'one that was ill before is not waited for',
    at('restore the followers', {
      ...down,
      plan: plan({ followers: [worker, { ...jobs, wasIll: true }, report] }),
    }),
    observed({
      followers: [
        oldWorker,
        seen({ ...jobs, wasIll: true }, statefulSet(OLDER, { readyReplicas: 1 })),
        theReport,
      ],
    }),
    'down clean up, followers',
  ],
];

describe('decide, with followers', () => {
  for (const [what, of, snapshot, expected, now = 1000] of TABLE)
    it(what, () => assert.equal(said(decide({ record: of, snapshot, now, router: nginx })), expected));

  it('a late write of a step that had lost its lock is put back at the end', () => {
    const of = { ...at('clean up', { direction: 'down', reason: 'It is bad.' }), stage: 2 };
    const end = { ...of, stage: stagesOf(of).length };
    const decision = decide({
      record: end,
      snapshot: observed({ followers: [theWorker, oldJobs, theReport] }),
      now: 1000,
      router: nginx,
    });
    assert.equal(said(decision), 'down restore the followers, followers');
  });

  it('promoted and aborted say what all of them run', () => {
    const end = (over: Partial<PromotionRecord>, snapshot: Snapshot) => {
      const of = record({ plan: own, ...over });
      return said(
        decide({ record: { ...of, stage: stagesOf(of).length }, snapshot, now: 1000, router: nginx }),
      );
    };
    assert.equal(
      end({}, observed({ stable: deployment('web', TO, 4), followers: all([TO, TO, TO]) })),
      `promoted: ${TO} is the stable version, 4 pods available. Deployment/worker, StatefulSet/jobs and CronJob/report have it, too.`,
    );
    assert.equal(
      end(
        { direction: 'down', reason: 'No.' },
        observed({ followers: [oldWorker, oldJobs, seen(report, cronJob(`${FROM}-x`))] }),
      ),
      `aborted: No.\nProduction is as it was: ${FROM} serves all users; Deployment/worker runs ${FROM}, StatefulSet/jobs runs ${OLDER}; CronJob/report runs ${FROM}-x.`,
    );
  });
});
