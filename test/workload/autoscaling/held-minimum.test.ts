import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';
import { withHeldMinimum, withOwnMinimum } from '../../../src/workload/autoscaling/held-minimum.ts';

const MARK = 'drone-promote/held-minimum';

function scaler(minReplicas: number | undefined, maxReplicas = 9, mark?: string): HorizontalPodAutoscaler {
  return {
    metadata: { name: 'web', annotations: { team: 'shop', ...(mark ? { [MARK]: mark } : {}) } },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      maxReplicas,
      ...(minReplicas === undefined ? {} : { minReplicas }),
    },
  };
}

const what = (autoscaler: HorizontalPodAutoscaler | undefined) =>
  autoscaler && [autoscaler.spec?.minReplicas, autoscaler.metadata?.annotations?.[MARK]];

describe('workload/autoscaling/held-minimum', () => {
  const cases: [string, HorizontalPodAutoscaler | undefined, ReturnType<typeof what>][] = [
    ['the minimum is held at the count', withHeldMinimum(scaler(2), 4), [4, '2 4']],
    ['one that is not set is 1', withHeldMinimum(scaler(undefined), 4), [4, '1 4']],
    ['one that is high enough is left alone', withHeldMinimum(scaler(4), 4), undefined],
    ['never above the maximum', withHeldMinimum(scaler(2, 3), 4), [3, '2 3']],
    [
      'held again after stable grew: its own minimum is not forgotten',
      withHeldMinimum(scaler(4, 9, '2 4'), 6),
      [6, '2 6'],
    ],
    ['given back', withOwnMinimum(scaler(4, 9, '2 4')), [2, undefined]],
    ['what somebody has set meanwhile stays', withOwnMinimum(scaler(5, 9, '2 4')), [5, undefined]],
    ['nothing was held: nothing is done', withOwnMinimum(scaler(4)), undefined],
    ['a mark that is none is left alone', withOwnMinimum(scaler(4, 9, 'x')), undefined],
  ];
  for (const [name, found, expected] of cases) {
    it(name, () => assert.deepEqual(what(found), expected));
  }

  it('changes nothing else', () => {
    const before = scaler(2);
    const once = withHeldMinimum(before, 4);
    assert.ok(once);
    assert.deepEqual(withOwnMinimum(once), before);
  });
});
