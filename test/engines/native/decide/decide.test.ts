import assert from 'node:assert/strict';
import test from 'node:test';
import type { Assessment } from '../../../../src/analysis/assessment.ts';
import type { Decision } from '../../../../src/engines/native/converge/decision.ts';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import type { Snapshot } from '../../../../src/engines/native/observe/snapshot.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import type { ComparisonResult, ScoreResult } from '../../../../src/measurements.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { deployment, FROM, observed, plan, record, TO, waitingPod, withCanary } from '../fixtures.ts';

/** A decision in a few words, as the table below writes it. */
function said(decision: Decision): string {
  switch (decision.do) {
    case 'write':
      return decision.writes
        .map(({ verb, object }) => `${verb} ${object.kind}/${object.metadata?.name}`)
        .join(', ');
    case 'record': {
      const { direction, stage, reachedAt, confirmedAt, restore } = decision.record;
      const name = stagesOf(decision.record)[stage]?.kind ?? 'end';
      return `record ${direction} ${name}${reachedAt === undefined ? '' : ' reached'}${confirmedAt === undefined ? '' : ' confirmed'}${restore ? ' restore' : ''}`;
    }
    case 'wait':
      if (decision.event.type === 'holding')
        return `hold ${decision.event.reason} at ${decision.event.stage}`;
      return `wait ${decision.event.type === 'waiting' ? decision.event.for : ''}`;
    case 'end':
      return `end ${decision.outcome.kind}`;
  }
}

const at = (kind: string, over: Partial<PromotionRecord> = {}): PromotionRecord => {
  const base = record(over);
  const stage = stagesOf(base).findIndex((each) => each.kind === kind);
  assert.notEqual(stage, -1, `there is no stage ${kind}`);
  return { ...base, stage };
};
const rolling = (name: string, image: string) => {
  const base = deployment(name, image, 4);
  return { ...base, status: { ...base.status, updatedReplicas: 1, availableReplicas: 4, replicas: 5 } };
};
const unready = (replicas: number) => {
  const base = deployment('web-canary', TO, replicas);
  return { ...base, status: { ...base.status, availableReplicas: 0 } };
};
const COMPARED: ComparisonResult = {
  what: 'failed',
  canary: { requests: 45, bad: 0 },
  reference: { name: 'stable', requests: 405, bad: 1 },
  detectable: 0.2,
  conclusive: true,
  source: 'router',
};
const score = (verdict: ScoreResult['verdict'], value: number): ScoreResult => ({
  verdict,
  score: value,
  passThreshold: 95,
  points: 20,
  failing: [],
});
const assessment = (over: Partial<Assessment>): Assessment => ({
  trafficShare: { verdict: 'agrees', canary: 45, total: 450, sinceMs: 3000 },
  conclusive: true,
  comparisons: [COMPARED],
  checks: [],
  ...over,
});
const UNKNOWN = { verdict: 'unknown', canary: 0, total: 0, sinceMs: 0 } as const;
const onTop = (seen: Snapshot, stable: Snapshot['stable']): Snapshot => ({ ...seen, stable });
const hold = plan({ steps: [{ kind: 'weight', weight: 20, holdMs: 0 }, { kind: 'hold' }] });
const atOnce = plan({ steps: [], services: [], routes: [] });
const roll = plan({ finish: 'roll' });
const untilSure = plan({ steps: [{ kind: 'weight', weight: 10, holdMs: 600_000, untilSure: true }] });
const evident = plan({ requireEvidence: true });

const TABLE: [string, PromotionRecord, Snapshot, string, number?][] = [
  [
    'nothing there: the canary and its Service',
    at('weight'),
    observed(),
    'create Deployment/web-canary, create Service/web-canary',
  ],
  [
    'pods not ready: no Ingress, no weight',
    at('weight'),
    withCanary(1, 0, { canary: unready(1), routes: observed().routes }),
    'wait the canary: 0 of 1 new pods are available',
  ],
  [
    'rolled out, endpoints not ready yet',
    at('weight'),
    withCanary(1, 0, { ready: { 'web-canary': 0 } }),
    'wait endpoints of Service/web-canary: 0 of 1 are ready',
  ],
  [
    'ready: the canary Ingress, at weight 0',
    at('weight'),
    withCanary(1, 0, { routes: observed().routes }),
    'create Ingress/web-canary',
  ],
  ['ready: the weight', at('weight'), withCanary(1, 0), 'update Ingress/web-canary'],
  ['weight set: the clock begins', at('weight'), withCanary(1, 10), 'record up weight reached'],
  ['held, time not over', at('weight', { reachedAt: 0 }), withCanary(1, 10), 'hold step at 10 %', 59_000],
  [
    'held long enough: the next stage',
    at('weight', { reachedAt: 0 }),
    withCanary(1, 10),
    'record up weight',
    60_000,
  ],
  [
    'more pods before more weight',
    { ...record(), stage: 1 },
    withCanary(1, 10),
    'update Deployment/web-canary',
  ],
  [
    'the counters find the canary bad: down',
    at('weight', { reachedAt: 0, confirmedAt: 0 }),
    { ...withCanary(1, 10), assessment: assessment({ failure: 'It fails.' }) },
    'record down drain-canary',
  ],
  [
    'the counters find the canary bad at full size, before stable is written: down',
    at('grow', { reachedAt: 0 }),
    { ...withCanary(4, 50), assessment: assessment({ failure: 'It fails.' }) },
    'record down drain-canary',
  ],
  [
    'stable is written: too late for the counters, the release goes forward',
    at('update-stable'),
    {
      ...onTop(withCanary(4, 100), deployment('web', TO, 4)),
      assessment: assessment({ failure: 'It fails.' }),
    },
    'record up update-stable reached',
  ],
  [
    'the weight is written, and not in force yet',
    at('weight', { reachedAt: 0 }),
    {
      ...withCanary(1, 10),
      assessment: assessment({ trafficShare: { verdict: 'too few', canary: 0, total: 3, sinceMs: 3000 } }),
    },
    'wait the router to apply 10 %',
  ],
  [
    'the weight is in force: the step begins',
    at('weight', { reachedAt: 0 }),
    { ...withCanary(1, 10), assessment: assessment({}) },
    'record up weight reached confirmed',
  ],
  [
    'too few requests to tell, for a while: the step begins',
    at('weight', { reachedAt: 0 }),
    {
      ...withCanary(1, 10),
      assessment: assessment({ trafficShare: { verdict: 'too few', canary: 0, total: 3, sinceMs: 15_000 } }),
    },
    'record up weight reached confirmed',
  ],
  [
    'another share than the weight, for a while: down',
    at('weight', { reachedAt: 0 }),
    {
      ...withCanary(1, 10),
      assessment: assessment({ trafficShare: { verdict: 'differs', canary: 0, total: 3, sinceMs: 15_000 } }),
    },
    'record down drain-canary',
  ],
  [
    'the time of a step counts from when its weight was in force',
    at('weight', { reachedAt: 0, confirmedAt: 50_000 }),
    { ...withCanary(1, 10), assessment: assessment({}) },
    'hold step at 10 %',
    70_000,
  ],
  [
    'a step until sure ends when enough was seen',
    at('weight', { plan: untilSure, reachedAt: 0, confirmedAt: 1000 }),
    { ...withCanary(1, 10), assessment: assessment({}) },
    'record up grow',
    2000,
  ],
  [
    'and not before: too few requests',
    at('weight', { plan: untilSure, reachedAt: 0, confirmedAt: 1000 }),
    { ...withCanary(1, 10), assessment: assessment({ conclusive: false }) },
    'hold step at 10 %',
    2000,
  ],
  [
    'nor with a check that has no value',
    at('weight', { plan: untilSure, reachedAt: 0, confirmedAt: 1000 }),
    { ...withCanary(1, 10), assessment: assessment({ pending: 'check queue' }) },
    'hold step at 10 %',
    2000,
  ],
  [
    'nothing measures the share: it ends when enough was seen, after the longest time of the router',
    at('weight', { plan: untilSure, reachedAt: 0 }),
    { ...withCanary(1, 10), assessment: assessment({ trafficShare: UNKNOWN }) },
    'record up grow',
    10_000,
  ],
  [
    'and not before the router must have followed',
    at('weight', { plan: untilSure, reachedAt: 0 }),
    { ...withCanary(1, 10), assessment: assessment({ trafficShare: UNKNOWN }) },
    'hold step at 10 %',
    1000,
  ],
  [
    'at its time it ends all the same',
    at('weight', { plan: untilSure, reachedAt: 0, confirmedAt: 1000 }),
    { ...withCanary(1, 10), assessment: assessment({ conclusive: false }) },
    'record up grow',
    700_000,
  ],
  [
    'where evidence is required, too few requests are waited for',
    at('weight', { plan: evident, reachedAt: 0, confirmedAt: 0 }),
    { ...withCanary(1, 10), assessment: assessment({ conclusive: false }) },
    'wait enough requests to tell (`require_evidence`): 0 of 45 requests failed on the canary, 1 of 405 on stable; a failure rate of 20 % or more on the canary would have been noticed',
    70_000,
  ],
  [
    'so is a source of counts, which is not there at all',
    at('weight', { plan: evident, reachedAt: 0 }),
    withCanary(1, 10),
    'wait enough requests to tell (`require_evidence`): nothing is counted',
    70_000,
  ],
  [
    'and after a while it comes down',
    at('weight', { plan: evident, reachedAt: 0, confirmedAt: 0 }),
    { ...withCanary(1, 10), assessment: assessment({ conclusive: false }) },
    'record down drain-canary',
    700_000,
  ],
  [
    'a low score does not count before the end of a step',
    at('weight', { reachedAt: 0, confirmedAt: 0 }),
    { ...withCanary(1, 10), assessment: assessment({ score: score('fail', 0) }) },
    'hold step at 10 %',
    1000,
  ],
  [
    'then it does',
    at('weight', { reachedAt: 0, confirmedAt: 0 }),
    { ...withCanary(1, 10), assessment: assessment({ score: score('fail', 0) }) },
    'record down drain-canary',
    70_000,
  ],
  [
    'a marginal score passes a step that is not the last',
    at('weight', { reachedAt: 0, confirmedAt: 0 }),
    { ...withCanary(1, 10), assessment: assessment({ score: score('marginal', 80) }) },
    'record up weight',
    70_000,
  ],
  [
    'and not the last one',
    at('weight', { plan: untilSure, reachedAt: 0, confirmedAt: 0 }),
    {
      ...withCanary(1, 10),
      assessment: assessment({ conclusive: false, score: score('marginal', 80) }),
    },
    'record down drain-canary',
    700_000,
  ],
  [
    'a weight that is not there yet is written',
    at('weight', { since: 0 }),
    withCanary(1, 77),
    'update Ingress/web-canary',
  ],
  [
    'a weight edited by hand: down',
    at('weight', { reachedAt: 0 }),
    withCanary(1, 77),
    'record down drain-canary',
  ],
  [
    'the canary deleted by hand: down',
    at('weight', { reachedAt: 0 }),
    { ...withCanary(1, 10), canary: undefined },
    'record down drain-canary',
  ],
  [
    'its Service deleted by hand: down',
    at('weight', { reachedAt: 0 }),
    { ...withCanary(1, 10), services: [] },
    'record down drain-canary',
  ],
  [
    'its Ingress deleted by hand: down',
    at('weight', { reachedAt: 0 }),
    { ...withCanary(1, 10), routes: observed().routes },
    'record down drain-canary',
  ],
  [
    'another image in the canary by hand: down',
    at('weight', { reachedAt: 0 }),
    { ...withCanary(1, 10), canary: deployment('web-canary', FROM, 1) },
    'record down drain-canary',
  ],
  [
    'the canary scaled by hand: put back',
    at('weight', { reachedAt: 0 }),
    { ...withCanary(3, 10), canary: deployment('web-canary', TO, 3) },
    'update Deployment/web-canary',
  ],
  [
    'stable scaled by hand: the canary follows',
    at('shift', { reachedAt: 0 }),
    { ...withCanary(4, 100), stable: deployment('web', FROM, 6) },
    'update Deployment/web-canary',
  ],
  [
    'a canary of another release is there before anything was made: it goes first',
    at('weight'),
    observed({ canary: deployment('web-canary', FROM, 1) }),
    'delete Deployment/web-canary',
  ],
  ['a hold ends the step', at('hold', { plan: hold }), withCanary(1, 20), 'end held'],
  ['before everybody goes there: full size', at('grow'), withCanary(2, 50), 'update Deployment/web-canary'],
  ['full size: all users', at('shift'), withCanary(4, 50), 'update Ingress/web-canary'],
  [
    'all users on the canary: stable is written',
    at('update-stable'),
    withCanary(4, 100),
    'update Deployment/web',
  ],
  [
    'stable rolls',
    at('update-stable'),
    onTop(withCanary(4, 100), rolling('web', TO)),
    'wait stable: 1 of 4 pods are new',
  ],
  [
    'stable is rolled',
    at('update-stable'),
    onTop(withCanary(4, 100), deployment('web', TO, 4)),
    'record up update-stable reached',
  ],
  [
    'back to stable',
    at('shift-back'),
    onTop(withCanary(4, 100), deployment('web', TO, 4)),
    'update Ingress/web-canary',
  ],
  [
    'clean up: the route first',
    at('clean-up'),
    onTop(withCanary(4, 0), deployment('web', TO, 4)),
    'delete Ingress/web-canary',
  ],
  [
    'then the Service',
    at('clean-up'),
    withCanary(4, 0, { routes: observed().routes }),
    'delete Service/web-canary',
  ],
  [
    'then the pods',
    at('clean-up'),
    withCanary(4, 0, { routes: observed().routes, services: [] }),
    'delete Deployment/web-canary',
  ],
  ['the end', { ...at('clean-up'), stage: 99 }, onTop(observed(), deployment('web', TO, 4)), 'end promoted'],

  [
    'roll: stable is written at the last weight',
    at('update-stable', { plan: roll }),
    withCanary(2, 50),
    'update Deployment/web',
  ],
  [
    'at once: stable is written, no canary',
    at('update-stable', { plan: atOnce }),
    observed(),
    'update Deployment/web',
  ],

  [
    'asked to end',
    at('weight'),
    withCanary(1, 10, { request: { id: 'one', by: 'bob', reason: 'Aborted by bob.' } }),
    'record down drain-canary',
  ],
  [
    'asked to end, stable written',
    at('update-stable'),
    onTop(withCanary(4, 100, { request: { id: 'one', by: 'bob', reason: 'x' } }), rolling('web', TO)),
    'record down canary-takes-all restore',
  ],
  [
    'asked to end while cleaning up: too late',
    at('clean-up'),
    onTop(withCanary(4, 0, { request: { id: 'one', by: 'bob', reason: 'x' } }), deployment('web', TO, 4)),
    'delete Ingress/web-canary',
  ],
  [
    'down: weight 0 first',
    at('drain-canary', { direction: 'down', drain: true }),
    withCanary(1, 10),
    'update Ingress/web-canary',
  ],
  [
    'down: then the drain',
    at('drain-canary', { direction: 'down', drain: true, reachedAt: 0 }),
    withCanary(1, 0),
    'hold drain-canary at weight 0',
    3000,
  ],
  [
    'down: nobody was there, no drain',
    at('drain-canary', { direction: 'down', drain: false }),
    withCanary(1, 0),
    'record down clean-up',
  ],
  ['down: creates nothing', at('drain-canary', { direction: 'down' }), observed(), 'record down clean-up'],
  [
    'down: stable put back while the canary carries',
    at('restore', { direction: 'down', restore: true }),
    onTop(withCanary(4, 100), deployment('web', TO, 4)),
    'update Deployment/web',
  ],
  ['down: the end', { ...at('clean-up', { direction: 'down' }), stage: 99 }, observed(), 'end aborted'],

  [
    'a canary that crashes',
    at('weight'),
    withCanary(1, 0, { canaryPods: [waitingPod('p', 'CrashLoopBackOff', 'x')] }),
    'record down drain-canary',
  ],
  [
    'a first failed pull may mend',
    at('weight'),
    withCanary(1, 0, { canaryPods: [waitingPod('p', 'ErrImagePull', 'x')] }),
    'update Ingress/web-canary',
    1000,
  ],
  [
    'a pull that fails for a minute',
    at('weight'),
    withCanary(1, 0, { canaryPods: [waitingPod('p', 'ErrImagePull', 'x')] }),
    'record down drain-canary',
    61_000,
  ],
  [
    'not ready in time',
    at('weight'),
    withCanary(1, 0, { canary: unready(1) }),
    'record down drain-canary',
    300_000,
  ],
  [
    'somebody deploys another image',
    at('weight', { reachedAt: 0 }),
    onTop(withCanary(1, 10), deployment('web', `${FROM}-hotfix`, 4)),
    'record down drain-canary',
  ],
  ['somebody deletes stable', at('weight'), onTop(withCanary(1, 10), undefined), 'record down drain-canary'],
  [
    'shift: stable fails, the canary keeps all users',
    at('update-stable'),
    onTop(withCanary(4, 100), rolling('web', TO)),
    'end stuck',
    300_000,
  ],
  [
    'roll: stable fails, it is put back',
    at('update-stable', { plan: roll }),
    onTop(withCanary(2, 50), rolling('web', TO)),
    'record down restore restore',
    300_000,
  ],
  [
    'shift: a pod in trouble on one node does not end it',
    at('update-stable'),
    onTop(
      withCanary(4, 100, { renewedPods: [waitingPod('p', 'ImagePullBackOff', 'x')] }),
      rolling('web', TO),
    ),
    'wait stable: 1 of 4 pods are new',
  ],
  [
    'roll: a pod in trouble does',
    at('update-stable', { plan: roll }),
    onTop(withCanary(2, 50, { renewedPods: [waitingPod('p', 'ImagePullBackOff', 'x')] }), rolling('web', TO)),
    'record down restore restore',
  ],
];

for (const [name, intended, seen, expected, now = 0] of TABLE) {
  test(`decide: ${name}`, () => {
    assert.equal(said(decide({ record: intended, snapshot: seen, now, router: nginx })), expected);
  });
}

test('the write of stable carries the resourceVersion that was seen, and changes the image alone', () => {
  const seen = withCanary(4, 100);
  const decision = decide({ record: at('update-stable'), snapshot: seen, now: 0, router: nginx });
  assert.ok(decision.do === 'write' && decision.writes[0]?.verb === 'update');
  const written = decision.writes[0].object as typeof seen.stable;
  assert.equal(written?.metadata?.resourceVersion, '1');
  assert.equal(written?.spec?.template.spec?.containers[0]?.image, TO);
  const { image: _, ...rest } = written?.spec?.template.spec?.containers[0] ?? { name: '' };
  const { image: __, ...before } = seen.stable?.spec?.template.spec?.containers[0] ?? { name: '' };
  assert.deepEqual(rest, before);
});

const ENDS: [string, PromotionRecord, Snapshot, RegExp, number?][] = [
  [
    'promoted',
    { ...record(), stage: 99 },
    onTop(observed(), deployment('web', TO, 4)),
    /^registry.*:1\.1\.0 is the stable version, 4 pods available\.$/,
  ],
  [
    'held',
    at('hold', { plan: hold }),
    withCanary(1, 20),
    /^registry.*:1\.1\.0 waits at a hold with 20 % of the users\.$/,
  ],
  [
    'aborted',
    { ...record({ direction: 'down', reason: 'It was bad.' }), stage: 99 },
    observed(),
    /^It was bad\.\nProduction is as it was: registry.*:1\.0\.0 serves all users\.$/,
  ],
  [
    'aborted, with a stable version that serves nobody',
    { ...record({ direction: 'down', reason: 'It was bad.' }), stage: 99 },
    onTop(observed(), { ...deployment('web', FROM, 4), status: { observedGeneration: 1 } }),
    /^It was bad\.\nProduction is as it was: Deployment\/web has registry.*:1\.0\.0, and serves nobody \(0 of 4 pods are available\)\.$/,
  ],
  [
    'aborted, with a stable version of which a part serves',
    { ...record({ direction: 'down', reason: 'It was bad.' }), stage: 99 },
    onTop(observed(), {
      ...deployment('web', FROM, 4),
      status: { observedGeneration: 1, availableReplicas: 1 },
    }),
    /registry.*:1\.0\.0 serves all users, but 1 of 4 pods are available\.$/,
  ],
  [
    'stuck',
    at('update-stable'),
    onTop(withCanary(4, 100), rolling('web', TO)),
    /^Deployment\/web did not roll out: 1 of 4 pods are new\.\nThe canary \(registry.*:1\.1\.0\) has all users and keeps them; Deployment\/web is not updated\.$/,
    300_000,
  ],
];

for (const [word, intended, seen, reason, now = 0] of ENDS) {
  test(`the outcome ${word} says what state production is in`, () => {
    const decision = decide({ record: intended, snapshot: seen, now, router: nginx });
    assert.ok(decision.do === 'end', said(decision));
    assert.equal(decision.outcome.kind, word.split(',')[0]);
    assert.match(decision.outcome.reason, reason);
  });
}

test('no room for a second full set of pods: aborted with the hint to go at a pace', () => {
  const full: Snapshot = withCanary(4, 50, {
    canary: rolling('web-canary', TO),
    canaryPods: [
      {
        metadata: { name: 'p' },
        status: {
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message: '0/1 nodes are available: 1 Insufficient memory.',
            },
          ],
        },
      },
    ],
  });
  const decision = decide({ record: at('grow'), snapshot: full, now: 61_000, router: nginx });
  assert.ok(decision.do === 'record');
  assert.equal(
    decision.record.reason,
    'The canary does not run: Unschedulable in p: 0/1 nodes are available: 1 Insufficient memory.',
  );
  assert.deepEqual(decision.record.hints, [
    'The cluster has no room for two full sets of pods. Set `finish: pace`, which needs room for the canary and one more pod.',
  ]);
});
