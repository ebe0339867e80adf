import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Assessment } from '../../../../src/analysis/assessment.ts';
import { faultOf } from '../../../../src/engines/native/decide/faults.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import type { ComparisonResult } from '../../../../src/measurements.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { plan, record, withCanary } from '../fixtures.ts';

const counted = (
  bad: number,
  source: 'router' | 'pods',
  what: 'failed' | 'slow' = 'failed',
): ComparisonResult => ({
  what,
  source,
  canary: { requests: 1_204, bad },
  // stable fails as much, so that the judge finds nothing
  reference: { name: 'stable', requests: 1_204, bad },
  conclusive: true,
});

function reasonAt(comparisons: readonly ComparisonResult[], mostFailures?: number): string | undefined {
  const steps = [
    { kind: 'weight', weight: 10, holdMs: 60_000, ...(mostFailures === undefined ? {} : { mostFailures }) },
  ] as const;
  const held = record({ plan: plan({ steps }), confirmedAt: 0, reachedAt: 0 });
  const assessment: Assessment = {
    trafficShare: { verdict: 'agrees', canary: 120, total: 1_204, sinceMs: 20_000 },
    conclusive: true,
    comparisons,
    checks: [],
  };
  const [stage] = stagesOf(held);
  assert.ok(stage?.kind === 'weight');
  const snapshot = withCanary(4, 10, { assessment });
  return faultOf({ record: held, stage, snapshot, now: 10_000, router: nginx })?.reason;
}

describe('a step that allows so many failed requests', () => {
  const table: [
    what: string,
    comparisons: ComparisonResult[],
    most: number | undefined,
    reason: string | undefined,
  ][] = [
    ['as many', [counted(5, 'router')], 5, undefined],
    [
      'one more',
      [counted(6, 'router')],
      5,
      '6 of 1,204 requests failed on the canary at 10 %, and the step allows 5 failures.',
    ],
    ['one more by the pods alone', [counted(0, 'router'), counted(6, 'pods')], 5, '6 of 1,204 requests'],
    ['one, where none is allowed', [counted(1, 'router')], 0, '1 of 1,204 requests'],
    ['slow requests', [counted(600, 'router', 'slow')], 5, undefined],
    ['no limit', [counted(600, 'router')], undefined, undefined],
    ['nothing counted', [], 0, undefined],
  ];
  for (const [what, comparisons, most, expected] of table) {
    it(`${what}: ${expected ?? 'goes on'}`, () => {
      const reason = reasonAt(comparisons, most);
      if (expected === undefined) assert.equal(reason, undefined);
      else assert.ok(reason?.startsWith(expected), reason);
    });
  }
});
