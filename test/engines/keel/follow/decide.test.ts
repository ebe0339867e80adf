import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Approval } from '../../../../src/engines/keel/admin/approval.ts';
import { decide, type Next } from '../../../../src/engines/keel/follow/decide.ts';
import type { Bounds, Following, Wait } from '../../../../src/engines/keel/follow/following.ts';
import { startTrack, type Track } from '../../../../src/engines/keel/follow/track.ts';
import { forecast } from '../../../../src/engines/keel/forecast/forecast.ts';
import type { KeelWorkload, Rollout } from '../../../../src/engines/keel/forecast/workload.ts';

const REPOSITORY = '10.0.0.1:5000/web';
const NEW = `${REPOSITORY}:1.0.1`;
const CAUSE = 'kubernetes.io/change-cause';
/** All tracks begin at 0; a row decides a minute later. */
const NOW = 60_000;
const DONE: Rollout = { state: 'done', message: '2 of 2 pods are available' };
const WAITING: Rollout = { state: 'waiting', message: '1 of 2 pods is new' };
const FAILED: Rollout = { state: 'failed', message: 'progress deadline exceeded' };

function workload(more: Partial<KeelWorkload> = {}, annotations: Record<string, string> = {}): KeelWorkload {
  return {
    identifier: 'deployment/shop/web',
    kind: 'deployment',
    namespace: 'shop',
    name: 'web',
    labels: {},
    annotations: { 'keel.sh/policy': 'all', ...annotations },
    containers: [{ name: 'app', image: `${REPOSITORY}:1.0.0`, init: false }],
    rollout: DONE,
    source: 'cluster',
    ...more,
  };
}

const record: Approval = {
  id: 'r1',
  archived: false,
  identifier: 'deployment/shop/web:1.0.1',
  repository: { name: REPOSITORY, tag: '1.0.1', digest: 'id' },
  eventAt: '1970-01-01T00:00:00Z',
  votesRequired: 1,
  votesReceived: 0,
  voters: [],
  rejected: false,
  deadline: '1970-01-02T00:00:00Z',
};
const APPROVED: Partial<Track> = {
  approval: 'approved',
  record: { ...record, votesReceived: 1, voters: ['ann'] },
};
const GATED = { 'keel.sh/approvals': '1' };

/** A workload during its update; `more` is what later polls have seen. */
function track(annotations: Record<string, string> = {}, more: Partial<Track> = {}, name = 'web'): Track {
  const before = workload({ identifier: `deployment/shop/${name}`, name }, annotations);
  const [found] = forecast({ name: REPOSITORY, tag: '1.0.1' }, [before], {
    approvals: [],
    keel: '0.22.1',
    now: 0,
    isOurs: () => true,
  });
  assert.ok(found);
  const sent = { repository: REPOSITORY, name: REPOSITORY, tag: '1.0.1', digest: 'id', at: 0 };
  return { ...startTrack(found, sent, 0), ...more };
}

/** Keel wrote the image, and the rollout is in this state. */
function written(rollout: Rollout, name = 'web', image = NEW, source: KeelWorkload['source'] = 'cluster') {
  const containers = [{ name: 'app', image, init: false }];
  const more = { identifier: `deployment/shop/${name}`, name, containers, rollout, source };
  return { workload: workload(more, { [CAUSE]: 'keel automated update' }), writtenAt: 1_000 };
}

function keel(tracks: readonly Track[], more: Partial<Following> = {}): Following {
  const base = { host: 'keel:9300', refusing: [], resent: false, seesApprovals: true, isReachable: true };
  return { ...base, tracks, ...more };
}

function next(followings: readonly Following[], more: Partial<Bounds> = {}): Next {
  const bounds = {
    wait: 'updated' as Wait,
    timeoutMs: 300_000,
    lastProgressAt: NOW - 1_000,
    now: NOW,
    wall: 0,
  };
  return decide(followings, { ...bounds, ...more });
}

/** The whole decision as a text: `wait …`, `resend 0,1`, `promoted …`. */
function describeDecision(decision: Next): string {
  if (decision.do === 'wait') return `wait: ${decision.message}`;
  if (decision.do === 'resend') return `resend ${decision.keels.join()}: ${decision.message}`;
  const { kind: word, reason, hints } = decision.outcome;
  return `${word}: ${reason} | ${hints.join(' | ')}`;
}

const RESENT = { resent: true };
const LATE = { lastProgressAt: NOW - 300_000 };
const put = (end: Track['approval']) => track(GATED, { approval: end, record });

const table: [what: string, decision: () => Next, expected: RegExp][] = [
  [
    'rejected',
    () => next([keel([put('rejected')])]),
    /^aborted: .*the approval was rejected\. \| 1\.0\.1 stays blocked in Keel until that approval \(r1\) is archived/,
  ],
  ['expired', () => next([keel([put('expired')])]), /^aborted: .*was not approved before its deadline/],
  ['deleted', () => next([keel([put('deleted')])]), /^aborted: .*was deleted before it had its votes/],
  ['archived', () => next([keel([put('archived')])]), /^aborted: .*was archived before it had its votes/],
  [
    'lost',
    () => next([keel([put('lost')])]),
    /^aborted: .*its store was lost.*\| Give Keel's store a persistent volume/,
  ],
  [
    'swallowed',
    () => next([keel([track(GATED, { foreign: { ...record, id: 'r9' } })])]),
    /^aborted: .*another webhook came first: the approval r9 .*\| Archive that approval/,
  ],
  [
    'superseded',
    () => next([keel([track({}, { workload: written(DONE, 'web', `${REPOSITORY}:1.0.9`).workload })])]),
    /^aborted: deployment\/shop\/web: runs \S+:1\.0\.9 now, because another person or tool changed it/,
  ],
  [
    'superseded by an older one, after it was written',
    () => next([keel([track({}, { ...written(DONE, 'web', `${REPOSITORY}:1.0.0`) })])]),
    /runs \S+:1\.0\.0 now, because another person or tool changed it/,
  ],
  [
    'gone',
    () => next([keel([track({}, { workload: 'gone' })])]),
    /^aborted: deployment\/shop\/web: was deleted/,
  ],
  [
    'a rollout that failed',
    () => next([keel([track({}, written(FAILED))])]),
    /^stuck: .*progress deadline exceeded.*\| Check the pods: kubectl -n shop describe deployment web \| Keel never rolls back/,
  ],
  [
    'pods that will not start, for 30 s',
    () =>
      next([
        keel([track({}, { ...written(WAITING), fatal: { message: 'ErrImagePull', since: NOW - 30_000 } })]),
      ]),
    /^stuck: .*ErrImagePull; 1 of 2 pods is new/,
  ],
  [
    'pods that will not start, not for so long',
    () =>
      next([
        keel([track({}, { ...written(WAITING), fatal: { message: 'ErrImagePull', since: NOW - 29_999 } })]),
      ]),
    /^wait: .*1 of 2 pods is new/,
  ],
  // Keel may still be writing an approved update when its record is archived
  [
    'an end that was seen a moment ago is not one yet',
    () => next([keel([track(GATED, { approval: 'archived', record, approvalSince: NOW - 1_999 })])]),
    /^wait: .*its approval is archived/,
  ],

  [
    'updated: ready',
    () => next([keel([track({}, written(DONE))])]),
    /^promoted: deployment\/shop\/web runs 1\.0\.1: 2 of 2 pods are available\. \|/,
  ],
  ['updated: pods on their way', () => next([keel([track({}, written(WAITING))])]), /^wait: .*1 of 2 pods/],
  [
    'updated: not by Keel, which the outcome says',
    () => {
      const { workload: seen, writtenAt } = written(DONE);
      return next([keel([track({}, { workload: { ...seen, annotations: {} }, writtenAt })])]);
    },
    /^promoted: .*but its change-cause does not show that Keel wrote it/,
  ],
  [
    "updated: ready by Keel's list, where it was never seen at work",
    () =>
      next([keel([track({}, { ...written(DONE, 'web', NEW, 'keel'), writtenAt: NOW - 9_999 })])], {
        now: NOW,
      }),
    /^wait: .*Keel's list does not show the rollout yet/,
  ],
  [
    "updated: the same after 10 s; Keel's list had been right",
    () => next([keel([track({}, { ...written(DONE, 'web', NEW, 'keel'), writtenAt: NOW - 10_000 })])]),
    /^promoted:/,
  ],
  [
    "updated: ready by Keel's list, that was seen at work",
    () =>
      next([
        keel([track({}, { ...written(DONE, 'web', NEW, 'keel'), writtenAt: NOW - 1_000, hasMoved: true })]),
      ]),
    /^promoted:/,
  ],
  [
    'approved: one with its votes is enough',
    () => next([keel([track(GATED, APPROVED)])], { wait: 'approved' }),
    /^promoted: deployment\/shop\/web: approved by ann\./,
  ],
  [
    'approved: one that needs none counts as sent',
    () => next([keel([track()])], { wait: 'approved' }),
    /^promoted: deployment\/shop\/web: sent; it needs no approval\./,
  ],
  [
    'approved: votes are missing',
    () => next([keel([track(GATED, { record, approval: 'pending' })])], { wait: 'approved' }),
    /^wait: deployment\/shop\/web: 0 of 1 votes, until 1970-01-02 00:00 UTC/,
  ],
  [
    'approved: Keel has not asked yet',
    () => next([keel([track(GATED)])], { wait: 'approved', now: 5_000, lastProgressAt: 0 }),
    /^wait: .*Keel has not asked for an approval yet/,
  ],
  ['sent: nothing is waited for', () => next([keel([track()])], { wait: 'sent' }), /^promoted: .*sent/],

  // a second webhook: only if it is safe, once, after 10 s
  [
    'resend: nothing written for 10 s',
    () => next([keel([track()])], { now: 10_000 }),
    /^resend 0: Keel wrote nothing/,
  ],
  ['resend: not before', () => next([keel([track()])], { now: 9_999, lastProgressAt: 0 }), /^wait:/],
  ['resend: not twice', () => next([keel([track()], RESENT)]), /^wait:/],
  ['resend: glob', () => next([keel([track({ 'keel.sh/policy': 'glob:1.0.*' })])]), /^resend 0/],
  ['resend: not under force', () => next([keel([track({ 'keel.sh/policy': 'force' })])]), /^wait:/],
  ['resend: not under regexp', () => next([keel([track({ 'keel.sh/policy': 'regexp:^1' })])]), /^wait:/],
  [
    'resend: not where another of the same Keel has force',
    () => next([keel([track(), track({ 'keel.sh/policy': 'force' }, {}, 'api')])]),
    /^wait:/,
  ],
  ['resend: not while Keel is not reached', () => next([keel([track()], { isReachable: false })]), /^wait:/],
  [
    'resend: not where it may be waiting for votes that are not seen',
    () => next([keel([track(GATED)], { seesApprovals: false })]),
    /^wait:/,
  ],
  ['resend: the record has not come', () => next([keel([track(GATED)])]), /^resend 0/],
  [
    'resend: approved and not written for 10 s',
    () => next([keel([track(GATED, { ...APPROVED, approvalSince: NOW - 10_000 })])]),
    /^resend 0/,
  ],
  [
    'resend: approved a moment ago',
    () => next([keel([track(GATED, { ...APPROVED, approvalSince: NOW - 9_999 })])]),
    /^wait: .*approved by ann, but Keel has not written 1\.0\.1 yet/,
  ],
  [
    'resend: not while votes are waited for',
    () => next([keel([track(GATED, { record, approval: 'pending' })])]),
    /^wait:/,
  ],
  [
    'resend: only to the Keel that lost it',
    () => next([keel([track({}, written(WAITING))]), keel([track({}, {}, 'api')])]),
    /^resend 1:/,
  ],
  ['resend: to both', () => next([keel([track()]), keel([track()])]), /^resend 0,1:/],
  ['resend: before the end of the time, since it may help', () => next([keel([track()])], LATE), /^resend 0/],

  // the time counts from the last progress
  [
    'timeout: not written',
    () => next([keel([track()], RESENT)], LATE),
    /^aborted: .*Keel has not written 1\.0\.1 yet \(gave up after 5m without progress\)\. \| Check the log of Keel/,
  ],
  [
    'timeout: one millisecond before',
    () => next([keel([track()], RESENT)], { lastProgressAt: NOW - 299_999 }),
    /^wait:/,
  ],
  [
    'timeout: votes are missing, and the approval stays',
    () => next([keel([track(GATED, { record, approval: 'pending' })])], LATE),
    /^aborted: .*0 of 1 votes.*gave up after 5m.*\| The approval stays open \(r1\)/,
  ],
  [
    'timeout: approved, not carried out',
    () => next([keel([track(GATED, APPROVED)], RESENT)], LATE),
    /^aborted: .*\| It is approved, but Keel did not carry it out/,
  ],
  [
    'timeout: written, pods do not come',
    () => next([keel([track({}, written(WAITING))])], LATE),
    /^stuck: .*1 of 2 pods is new \(gave up after 5m/,
  ],

  // several workloads, several Keels
  [
    'partial: one has it, the other is rejected',
    () => next([keel([track({}, written(DONE)), track(GATED, { approval: 'rejected', record }, 'api')])]),
    /^stuck: deployment\/shop\/api: the approval was rejected; but deployment\/shop\/web runs 1\.0\.1/,
  ],
  [
    'partial: one waits still, so does the step',
    () => next([keel([put('rejected'), track(GATED, { record, approval: 'pending' }, 'api')], RESENT)]),
    /^wait: deployment\/shop\/api: 0 of 1 votes/,
  ],
  [
    'partial, wait: approved: one has it, the other is rejected: production is not as it was',
    () =>
      next([keel([track({}, written(DONE)), track(GATED, { approval: 'rejected', record }, 'api')])], {
        wait: 'approved',
      }),
    /^stuck: .*api: the approval was rejected; but deployment\/shop\/web runs/,
  ],
  [
    'partial, wait: approved: one has its votes and will be written, the other is rejected',
    () =>
      next([keel([track(GATED, APPROVED), track(GATED, { approval: 'rejected', record }, 'api')])], {
        wait: 'approved',
      }),
    /^stuck: .*api: the approval was rejected; but deployment\/shop\/web: approved by ann/,
  ],
  [
    'one that ran the image before was not changed: production is as it was',
    () => {
      const before = written(DONE, 'old').workload;
      const [found] = forecast({ name: REPOSITORY, tag: '1.0.1' }, [before], {
        approvals: [],
        keel: '0.22.1',
        now: 0,
        isOurs: () => true,
      });
      assert.equal(found?.takes, 'already');
      return next([keel([startTrack(found, put('none').sent, 0), put('rejected')])]);
    },
    /^aborted: deployment\/shop\/web: the approval was rejected; but deployment\/shop\/old runs 1\.0\.1/,
  ],
  [
    'two Keels: both are ready',
    () => next([keel([track({}, written(DONE))]), keel([track({}, written(DONE, 'api'), 'api')])]),
    /^promoted: deployment\/shop\/web runs 1\.0\.1.*; deployment\/shop\/api runs 1\.0\.1/,
  ],
  [
    'two Keels: one is rejected, the other ready',
    () => next([keel([put('rejected')]), keel([track({}, written(DONE, 'api'), 'api')])]),
    /^stuck: deployment\/shop\/web: the approval was rejected; but deployment\/shop\/api runs/,
  ],
  [
    'two Keels: one is ready, the other not yet',
    () => next([keel([track({}, written(DONE))]), keel([track({}, written(WAITING, 'api'), 'api')])]),
    /^wait: deployment\/shop\/api/,
  ],
  [
    'those that refuse it are named at the end',
    () => {
      const refusing = forecast(
        { name: REPOSITORY, tag: '1.0.1' },
        [workload({ identifier: 'deployment/shop/old' }, { 'keel.sh/policy': 'never' })],
        { approvals: [], keel: '0.22.1', now: 0, isOurs: () => true },
      );
      return next([keel([track({}, written(DONE))], { refusing })]);
    },
    /^promoted: .*; not deployment\/shop\/old: its policy is "never"/,
  ],
];

describe('engines/keel/follow/decide', () => {
  for (const [what, decision, expected] of table) {
    it(what, () => assert.match(describeDecision(decision()), expected));
  }
});
