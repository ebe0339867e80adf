import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Lease } from 'kubernetes-types/coordination/v1';
import { COUNTS } from '../../src/engines/native/lock/counts.ts';
import { HISTORY, RECORD } from '../../src/engines/native/lock/lease.ts';
import type { PromotionRecord } from '../../src/engines/native/plan/record.ts';
import type { Progress } from '../../src/progress.ts';
import { seenInLease, seenInRollout } from '../../src/watch/read-seen.ts';
import { FROM, record, TO } from '../engines/native/fixtures.ts';

const AT = 1_000_000;
const COUNTED = {
  what: 'failed',
  canary: { requests: 1204, bad: 2 },
  reference: { name: 'stable', requests: 22_118, bad: 5 },
  conclusive: true,
  source: 'router',
};

function lease(annotations: Record<string, string>, holder?: string): Lease {
  const spec =
    holder === undefined ? {} : { holderIdentity: holder, leaseDurationSeconds: 15, renewTime: 'r1' };
  return { metadata: { name: 'drone-promote-web', namespace: 'shop', annotations }, spec };
}

const of = (over: Partial<PromotionRecord>) =>
  seenInLease(lease({ [RECORD]: JSON.stringify(record(over)) }, 'build 77 by ann ~12345678'))?.now;

describe('watch/read-seen: a Lease', () => {
  it('says the images, the stages, who promotes, and who holds the lock', () => {
    const now = of({ stage: 0, since: AT });
    assert.deepEqual([now?.from, now?.to, now?.holder], [FROM, TO, 'build 77 by ann']);
    assert.equal(now?.number, 1);
    assert.ok((now?.stages.length ?? 0) > 3);
    assert.deepEqual(now?.renewed, { at: 'r1', forMs: 15_000 });
  });

  it('of a StatefulSet says its kind, by its record, and by its name after the promotion', () => {
    const name = 'drone-promote-statefulset.db';
    const named = (annotations: Record<string, string>): Lease => {
      const plain = lease(annotations);
      return { ...plain, metadata: { ...plain.metadata, name } };
    };
    const { plan } = record();
    const open = record({ plan: { ...plan, kind: 'StatefulSet', workload: 'db' } });
    assert.equal(seenInLease(named({ [RECORD]: JSON.stringify(open) }))?.workload, 'statefulset/db');
    const past = { outcome: 'promoted', image: TO, reason: '', by: 'a', at: '2026-11-24T12:00:00Z' };
    assert.equal(seenInLease(named({ [HISTORY]: JSON.stringify([past]) }))?.workload, 'statefulset/db');
  });

  const table: [what: string, over: Partial<PromotionRecord>, expected: Partial<Progress>][] = [
    ['a step, before its state is reached', { stage: 0 }, { state: 'promoting', weight: 10, stage: '10 %' }],
    ['a step whose time runs', { stage: 0, reachedAt: AT, confirmedAt: AT + 5 }, { endsAt: AT + 60_005 }],
    ['a step without a measured share', { stage: 0, reachedAt: AT }, { endsAt: AT + 60_000 }],
    ['a hold', { stage: 0, held: true, reachedAt: AT }, { state: 'held', weight: 10 }],
    [
      'a way back',
      { stage: 0, direction: 'down', reason: 'bad' },
      { state: 'going back', weight: 0, reason: 'bad' },
    ],
    [
      'a way back of a promotion that updated stable',
      { stage: 0, direction: 'down', restore: true },
      { weight: 100 },
    ],
    ['a stage that keeps the weight', { stage: 1, direction: 'down' }, { weight: 0 }],
    ['a stage that this version does not know', { stage: 99 }, { stage: 'the end' }],
  ];
  for (const [what, over, expected] of table) {
    it(what, () => {
      const now = of(over);
      assert.deepEqual(
        Object.fromEntries(Object.keys(expected).map((key) => [key, now?.[key as keyof Progress]])),
        expected,
      );
    });
  }

  it('a held promotion has no end', () => assert.equal(of({ held: true, reachedAt: AT })?.endsAt, undefined));

  const history = JSON.stringify([
    { outcome: 'promoted', image: TO, reason: '', by: 'ann', at: '2026-11-28T20:00:00Z' },
  ]);
  it('without a record it has the history', () => {
    const seen = seenInLease(lease({ [HISTORY]: history }));
    assert.deepEqual([seen?.workload, seen?.now, seen?.history.length], ['deployment/web', undefined, 1]);
  });

  it('a Lease with neither is left out', () => assert.equal(seenInLease(lease({})), undefined));

  for (const [what, text] of [
    ['is not JSON', '{'],
    ['is of a newer version', '{"version":2}'],
  ] as const) {
    it(`says that a record ${what}, and still has the history`, () => {
      const seen = seenInLease(lease({ [RECORD]: text, [HISTORY]: history }));
      assert.match(seen?.fault ?? '', /Lease\/drone-promote-web/);
      assert.equal(seen?.history.length, 1);
    });
  }

  it('a record with the right version and nothing else is a fault', () =>
    assert.ok(seenInLease(lease({ [RECORD]: '{"version":1}' }))?.fault));
});

describe('watch/read-seen: the counts of the running stage', () => {
  const counts = {
    id: record().id,
    direction: 'up',
    stage: 0,
    at: AT,
    share: { canary: 10, total: 100 },
    comparisons: [COUNTED],
  };
  const counted = (over: object, of: Partial<PromotionRecord> = {}) =>
    seenInLease(
      lease({ [RECORD]: JSON.stringify(record(of)), [COUNTS]: JSON.stringify({ ...counts, ...over }) }),
    );

  it('are those of the annotation', () =>
    assert.deepEqual(counted({})?.now?.counted, { at: AT, share: counts.share, comparisons: [COUNTED] }));
  it('need no holder: the step may be dead', () => assert.equal(counted({})?.now?.holder, undefined));

  const others: [what: string, over: object, of?: Partial<PromotionRecord>][] = [
    ['of another promotion', { id: 'other' }],
    ['of the stage before', { stage: 3 }],
    ['of the way up, while it goes back', {}, { direction: 'down', reason: 'bad' }],
  ];
  for (const [what, over, of] of others)
    it(`are left out if they are ${what}`, () => {
      const seen = counted(over, of);
      assert.deepEqual([seen?.now?.counted, seen?.fault], [undefined, undefined]);
    });

  it('are left out if the annotation is not JSON', () => {
    const seen = seenInLease(lease({ [RECORD]: JSON.stringify(record()), [COUNTS]: '{' }));
    assert.deepEqual([seen?.now?.counted, seen?.now?.stage], [undefined, '10 %']);
  });

  const odd: [what: string, over: object][] = [
    ['no list', { comparisons: 7 }],
    ['a list with something else', { comparisons: [null] }],
    ['a count that is a text', { comparisons: [{ ...COUNTED, canary: { requests: '<b>', bad: 0 } }] }],
    ['a reference without counts', { comparisons: [{ ...COUNTED, reference: { name: 'stable' } }] }],
    ['a share that is a text', { share: 'x' }],
    ['no time', { at: 'now' }],
  ];
  for (const [what, over] of odd)
    it(`${what} is a fault of its own line`, () =>
      assert.match(counted(over)?.fault ?? '', /somebody has edited/));
});

describe('watch/read-seen: what somebody wrote into a Lease', () => {
  const odd: [what: string, over: object][] = [
    ['an image that is a number', { plan: { ...record().plan, to: 5 } }],
    ['a time that no clock has', { startedAt: 1e300 }],
    ['a reason that is a list', { reason: ['x'] }],
    ['watchers that are none', { watched: { by: [{}] } }],
    ['a way that is none', { way: [7] }],
    ['a plan that is none', { plan: 7 }],
  ];
  for (const [what, over] of odd) {
    it(`${what} is a fault of its own line`, () => {
      const seen = seenInLease(lease({ [RECORD]: JSON.stringify({ ...record(), ...over }) }));
      assert.ok(seen?.fault);
    });
  }

  it('drops entries of the history that cannot be shown', () => {
    const entry = { outcome: 'promoted', image: 'i', reason: '', by: 'ann', at: '2026-11-28T20:00:00Z' };
    const all = [
      entry,
      { outcome: 'x' },
      { ...entry, at: 'soon' },
      { ...entry, from: 5 },
      { ...entry, gates: [1] },
    ];
    assert.equal(seenInLease(lease({ [HISTORY]: JSON.stringify(all) }))?.history.length, 1);
  });
});

describe('watch/read-seen: a Rollout', () => {
  const rollout = (status: object) => ({
    metadata: { name: 'web', namespace: 'shop', generation: 1 },
    spec: { replicas: 1, strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } } },
    status: { observedGeneration: '1', updatedReplicas: 1, availableReplicas: 1, ...status },
  });
  const table: [what: string, status: object, state: Progress['state'] | undefined][] = [
    ['stable', { stableRS: 'a', currentPodHash: 'a' }, undefined],
    ['with a new version', { stableRS: 'a', currentPodHash: 'b' }, 'promoting'],
    [
      'at a pause that a person must end',
      {
        stableRS: 'a',
        currentPodHash: 'b',
        currentStepIndex: 1,
        pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '' }],
      },
      'held',
    ],
    [
      'aborted',
      { stableRS: 'a', currentPodHash: 'b', conditions: [{ type: 'Progressing', reason: 'RolloutAborted' }] },
      'degraded',
    ],
  ];
  const timed = (duration: string, startTime: string) => {
    const given = rollout({
      stableRS: 'a',
      currentPodHash: 'b',
      currentStepIndex: 1,
      pauseConditions: [{ reason: 'CanaryPauseStep', startTime }],
    });
    given.spec.strategy.canary.steps[1] = { pause: { duration } } as never;
    return seenInRollout(given)?.now;
  };
  it('says when a timed pause ends', () => {
    const now = timed('1m30s', '2026-11-28T20:00:00Z');
    const since = Date.parse('2026-11-28T20:00:00Z');
    assert.deepEqual([now?.state, now?.since, now?.endsAt], ['promoting', since, since + 90_000]);
  });
  it('says no time that it does not know', () =>
    assert.deepEqual(
      [timed('1m30s', 'soon')?.since, timed('1m30s', 'soon')?.endsAt],
      [undefined, undefined],
    ));

  for (const [what, status, state] of table) {
    it(what, () => assert.equal(seenInRollout(rollout(status))?.now?.state, state));
  }

  it('the first version is not a promotion', () =>
    assert.equal(seenInRollout(rollout({ currentPodHash: 'b' })), undefined));
});
