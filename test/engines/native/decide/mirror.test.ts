import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Assessment } from '../../../../src/analysis/assessment.ts';
import { missingDataFault, pendingOf } from '../../../../src/engines/native/decide/analysis-fault.ts';
import { countedReporter } from '../../../../src/engines/native/observe/counted-events.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { mirrorRefusals } from '../../../../src/engines/native/plan/split/ability.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import type { ComparisonResult } from '../../../../src/measurements.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { service } from '../../../../src/traffic/service/router.ts';
import { plan, record, spec, withCanary } from '../fixtures.ts';

const MIRROR = { percent: 10, methods: 'get', ms: 30_000 } as const;

/** A comparison in which the canary has answered so many copies. */
const compared = (copies: number): ComparisonResult => ({
  what: 'failed',
  source: 'pods',
  canary: { requests: copies, bad: 0 },
  reference: { name: 'stable', requests: 900, bad: 0 },
  conclusive: copies > 0,
});

const assessed = (copies: number): Assessment => ({
  trafficShare: { verdict: 'differs', canary: copies, total: 900 + copies, sinceMs: 20_000 },
  conclusive: false,
  comparisons: [compared(copies)],
  checks: [],
});

const situation = (
  copies: number,
  watched: PromotionRecord['watched'] = { by: ['the pods'] },
  now = 31_000,
) => {
  const held = record({ plan: plan({ mirror: MIRROR }), watched, reachedAt: 0 });
  const [stage] = stagesOf(held);
  assert.ok(stage?.kind === 'mirror');
  return {
    record: held,
    stage,
    snapshot: withCanary(4, 0, { assessment: assessed(copies) }),
    now,
    router: nginx,
  };
};

describe('the stage that copies requests', () => {
  it('does not end before a copy was counted, so that nothing passes unseen', () => {
    assert.equal(pendingOf(situation(0)), 'a copied request to be counted');
    assert.equal(pendingOf(situation(7)), undefined);
  });

  it('waits for nobody of a service without users, or if nobody watches', () => {
    assert.equal(pendingOf(situation(0, { by: ['the pods'], idle: true })), undefined);
    assert.equal(pendingOf(situation(0, { by: [] })), undefined);
  });

  it('tells its counts to who looks on, without a share of the users, and only of what counts copies', () => {
    const moment = situation(7);
    const { assessment } = moment.snapshot;
    assert.ok(assessment);
    const both = [{ ...compared(0), source: 'router' as const }, compared(7)];
    const snapshot = { ...moment.snapshot, assessment: { ...assessment, comparisons: both } };
    assert.deepEqual(countedReporter()({ ...moment, snapshot }), [
      { type: 'counted', stage: 'mirror 10 %', weight: 0, comparisons: [compared(7)] },
    ]);
    assert.deepEqual(countedReporter()(situation(0)), []);
  });

  it('comes down if none was counted within the timeout', () => {
    const { timeoutMs } = plan();
    assert.equal(missingDataFault(situation(0, undefined, 30_000 + timeoutMs - 1)), undefined);
    const fault = missingDataFault(situation(0, undefined, 30_000 + timeoutMs));
    assert.equal(fault?.answer, 'down');
    assert.match(fault?.reason ?? '', /^No copied request was counted until .* past the end of the mirror/);
  });
});

describe('a router that cannot copy requests is refused, with what to do instead', () => {
  const routes = [{ stable: 'web', canary: 'web-canary' }];
  for (const [router, why] of [
    [
      nginx,
      /`mirror_requests` is set, but the router "nginx" cannot copy requests to the canary: its annotation `mirror-target`/,
    ],
    [service, /"service" cannot copy requests to the canary: a Service sends connections/],
  ] as const) {
    it(router.name, () => {
      const found = mirrorRefusals(spec({ mirror: MIRROR }), { router, services: [], routes }, {} as never);
      assert.deepEqual(
        found.map(({ code }) => code),
        ['mirror-requests'],
      );
      assert.match(found[0]?.message ?? '', why);
      assert.match(found[0]?.hint ?? '', /^Remove `mirror_requests`\. ./);
      assert.deepEqual(mirrorRefusals(spec(), { router, services: [], routes }, {} as never), []);
    });
  }
});
