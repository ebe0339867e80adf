import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deployment } from 'kubernetes-types/apps/v1';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import type { Snapshot } from '../../../../src/engines/native/observe/snapshot.ts';
import type { Plan } from '../../../../src/engines/native/plan/plan.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import {
  deployment,
  FROM,
  observed,
  plan,
  record,
  routesOf,
  service,
  TO,
  waitingPod,
  withCanary,
} from '../fixtures.ts';

const BASELINE: Partial<Plan> = {
  baseline: {
    deployment: 'web-baseline',
    label: { key: 'drone-promote/role', value: 'baseline' },
    services: [],
  },
};
const EXPERIMENT: Partial<Plan> = {
  strategy: 'experiment',
  routes: [],
  steps: [{ kind: 'weight', weight: 50, holdMs: 60_000 }],
  baseline: {
    deployment: 'web-baseline',
    label: { key: 'app', value: 'web-baseline' },
    services: [{ stable: 'web', baseline: 'web-baseline' }],
  },
};
const WITH = plan(BASELINE);
const TRIED = plan(EXPERIMENT);

const copy = (replicas: number, image = FROM): Deployment => deployment('web-baseline', image, replicas);
const unready = (replicas: number): Deployment => ({
  ...copy(replicas),
  status: { ...copy(replicas).status, availableReplicas: 0 },
});
const going = (of: Deployment): Deployment => ({
  ...of,
  metadata: { ...of.metadata, deletionTimestamp: '1970-01-01T00:00:00Z' },
});

const at = (kind: string, over: Partial<PromotionRecord> = {}): PromotionRecord => {
  const base = record({ plan: WITH, ...over });
  const stage = stagesOf(base).findIndex((each) => each.kind === kind);
  assert.notEqual(stage, -1, `there is no stage ${kind}`);
  return { ...base, stage };
};

function said(of: PromotionRecord, seen: Snapshot, now = 0): string {
  const decision = decide({ record: of, snapshot: seen, now, router: nginx });
  switch (decision.do) {
    case 'write':
      return decision.writes
        .map(({ verb, object }) => {
          const { replicas } = (object as Deployment).spec ?? {};
          return `${verb} ${object.kind}/${object.metadata?.name}${replicas === undefined ? '' : ` ${replicas}`}`;
        })
        .join(', ');
    case 'record': {
      const { direction, stage, reachedAt, restore, reason = '' } = decision.record;
      const kind = stagesOf(decision.record)[stage]?.kind ?? 'end';
      const words = [direction, kind, reachedAt === undefined ? '' : 'reached', restore ? 'restore' : ''];
      return [...words, reason].filter(Boolean).join(' ');
    }
    case 'wait':
      if (decision.event.type === 'holding') return `hold ${decision.event.reason}`;
      return `wait ${decision.event.type === 'waiting' ? decision.event.for : ''}`;
    case 'end':
      return `end ${decision.outcome.kind}`;
  }
}

describe('engines/native/converge/baseline: beside a canary', () => {
  const table: [what: string, of: PromotionRecord, seen: Snapshot, expected: string, now?: number][] = [
    [
      'nothing there: the baseline of the canary’s size',
      at('weight'),
      observed(),
      'create Deployment/web-baseline 1',
    ],
    [
      'then the canary',
      at('weight'),
      observed({ baseline: copy(1) }),
      'create Deployment/web-canary 1, create Service/web-canary',
    ],
    [
      'no weight before it is as ready as the canary',
      at('weight'),
      withCanary(1, 0, { baseline: unready(1) }),
      'wait the baseline: 0 of 1 new pods are available',
    ],
    [
      'both are up: the weight',
      at('weight'),
      withCanary(1, 0, { baseline: copy(1) }),
      'update Ingress/web-canary',
    ],
    [
      'it grows with the canary',
      { ...at('weight'), stage: 1 },
      withCanary(2, 10, { baseline: copy(1) }),
      'update Deployment/web-baseline 2',
    ],
    [
      'a leftover of another version is removed',
      at('weight'),
      observed({ baseline: copy(1, TO) }),
      'delete Deployment/web-baseline 1',
    ],
    [
      'and waited for',
      at('weight'),
      observed({ baseline: going(copy(1)) }),
      'wait the previous web-baseline to be deleted',
    ],
    [
      'who deletes it gets it again: no user was sent by it alone',
      at('weight', { reachedAt: 0 }),
      withCanary(1, 10),
      'create Deployment/web-baseline 1',
    ],
    [
      'it stays as it is while the canary grows',
      at('grow'),
      withCanary(2, 50, { baseline: copy(2) }),
      'update Deployment/web-canary 4',
    ],
    [
      'it goes when the canary carries everybody, before stable is written',
      at('drain-baseline'),
      withCanary(4, 100, { baseline: copy(2) }),
      'delete Deployment/web-baseline 2',
    ],
    [
      'a pod of it that does not end is not waited for, its users are',
      at('drain-baseline'),
      withCanary(4, 100, { baseline: going(copy(2)) }),
      'up drain-baseline reached',
    ],
    [
      'the router follows',
      at('drain-baseline', { reachedAt: 0 }),
      withCanary(4, 100),
      'hold drain-baseline',
      3999,
    ],
    ['then stable', at('drain-baseline', { reachedAt: 0 }), withCanary(4, 100), 'up update-stable', 4000],
    [
      'roll: it goes at the last weight',
      at('drain-baseline', { plan: plan({ ...BASELINE, finish: 'roll' }) }),
      withCanary(2, 50, { baseline: copy(2) }),
      'delete Deployment/web-baseline 2',
    ],
    [
      'down: the canary and the baseline go together, after the weight',
      at('clean-up', { direction: 'down' }),
      withCanary(1, 0, { baseline: copy(1), services: [], routes: observed().routes }),
      'delete Deployment/web-canary 1, delete Deployment/web-baseline 1',
    ],
    [
      'down: it is waited for',
      at('clean-up', { direction: 'down' }),
      observed({ baseline: going(copy(1)) }),
      "wait the canary's pods to end",
    ],
    [
      'something of it has come back at the end',
      { ...at('clean-up', { direction: 'down' }), stage: 99 },
      observed({ baseline: copy(1) }),
      'down clean-up',
    ],
    [
      'it does not run: that says something of the cluster',
      at('weight'),
      withCanary(1, 0, {
        baseline: unready(1),
        baselinePods: [waitingPod('web-baseline-x', 'ImagePullBackOff', 'not found')],
      }),
      'down drain-canary The baseline does not run: ImagePullBackOff in web-baseline-x (container app): not found.',
    ],
    [
      'it does not get ready',
      at('weight'),
      withCanary(1, 0, { baseline: unready(1) }),
      'down drain-canary The baseline was not ready within 5m: 0 of 1 new pods are available.',
      300_000,
    ],
    [
      'once it has parted, its pods are nobody’s trouble',
      at('update-stable'),
      withCanary(4, 100, { baselinePods: [waitingPod('web-baseline-x', 'CrashLoopBackOff', '')] }),
      'update Deployment/web 4',
    ],
  ];
  for (const [what, of, seen, expected, now] of table) {
    it(what, () => assert.equal(said(of, seen, now), expected));
  }
});

describe('engines/native/converge/baseline: an experiment', () => {
  const own = [service('web-baseline', { app: 'web-baseline' })];
  const both = (over: Partial<Snapshot> = {}) =>
    withCanary(2, 0, {
      baseline: copy(2),
      baselineServices: own,
      routes: routesOf(),
      ready: { 'web-canary': 2, 'web-baseline': 2 },
      ...over,
    });
  const tried = (over: Partial<PromotionRecord> = {}) => record({ plan: TRIED, ...over });
  const stable = deployment('web', TO, 4);

  const table: [what: string, of: PromotionRecord, seen: Snapshot, expected: string, now?: number][] = [
    [
      'the baseline with a Service of its own',
      tried(),
      observed({ ready: {} }),
      'create Deployment/web-baseline 2, create Service/web-baseline',
    ],
    [
      'its endpoints are waited for',
      tried(),
      both({ ready: { 'web-canary': 2, 'web-baseline': 1 } }),
      'wait endpoints of Service/web-baseline: 1 of 2 are ready',
    ],
    ['both are up: no Ingress is made', tried(), both(), 'up test reached'],
    ['it lasts as long as the first step', tried({ reachedAt: 0 }), both(), 'hold without-users', 59_999],
    ['then all goes', tried({ reachedAt: 0 }), both(), 'up clean-up', 60_000],
    [
      'a check without a value is waited for',
      tried({ reachedAt: 0 }),
      both({
        assessment: {
          trafficShare: { verdict: 'unknown', canary: 0, total: 0, sinceMs: 0 },
          conclusive: true,
          comparisons: [],
          checks: [],
          pending: 'check ready: no value yet',
        },
      }),
      'wait check ready: no value yet',
      60_000,
    ],
    ['Services first', tried({ stage: 1 }), both(), 'delete Service/web-canary, delete Service/web-baseline'],
    ['nothing is left: it has shown something', tried({ stage: 2 }), observed({ ready: {} }), 'end shown'],
    [
      'somebody deploys the very release, and the experiment leaves it alone',
      tried({ reachedAt: 0 }),
      both({ stable }),
      `down drain-canary Somebody changed Deployment/web meanwhile: it runs ${TO} instead of ${FROM}.`,
    ],
    [
      'so it does when it is asked to end at that moment',
      tried({ reachedAt: 0 }),
      both({ stable, request: { id: 'one', by: 'bob', reason: 'Aborted by bob.' } }),
      'down drain-canary Aborted by bob.',
    ],
    ['and on its way down', tried({ direction: 'down', stage: 0 }), both({ stable }), 'down clean-up'],
  ];
  for (const [what, of, seen, expected, now] of table) {
    it(what, () => assert.equal(said(of, seen, now), expected));
  }
});
