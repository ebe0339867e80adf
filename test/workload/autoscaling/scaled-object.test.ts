import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pausedAt, resumed, type ScaledObject } from '../../../src/workload/autoscaling/scaled-object.ts';

const AT = 'autoscaling.keda.sh/paused-replicas';
const HELD = 'drone-promote/held-replicas';

const object = (annotations: Record<string, string> = {}): ScaledObject => ({
  metadata: { name: 'web', annotations: { team: 'shop', ...annotations } },
});
const annotations = (of: ScaledObject | undefined) => of && { ...of.metadata?.annotations };

describe('workload/scaled-object', () => {
  const rows: [
    what: string,
    found: ScaledObject | undefined,
    expected: Record<string, string> | undefined,
  ][] = [
    ['paused at the count', pausedAt(object(), 4), { team: 'shop', [AT]: '4', [HELD]: '4' }],
    ['one without annotations too', pausedAt({ metadata: { name: 'web' } }, 4), { [AT]: '4', [HELD]: '4' }],
    [
      'paused at that count already: nothing to do',
      pausedAt(object({ [AT]: '4', [HELD]: '4' }), 4),
      undefined,
    ],
    [
      'stable has grown: paused at more',
      pausedAt(object({ [AT]: '4', [HELD]: '4' }), 6),
      { team: 'shop', [AT]: '6', [HELD]: '6' },
    ],
    ['somebody has paused it at a number: theirs stays', pausedAt(object({ [AT]: '2' }), 4), undefined],
    [
      'somebody has paused it: theirs stays',
      pausedAt(object({ 'autoscaling.keda.sh/paused': 'true' }), 4),
      undefined,
    ],
    [
      'the pause of KEDA is switched off: paused by this program',
      pausedAt(object({ 'autoscaling.keda.sh/paused': 'false' }), 4),
      { team: 'shop', 'autoscaling.keda.sh/paused': 'false', [AT]: '4', [HELD]: '4' },
    ],
    [
      'somebody has changed our pause: theirs stays',
      pausedAt(object({ [AT]: '2', [HELD]: '4' }), 4),
      undefined,
    ],
    ['as it was', resumed(object({ [AT]: '4', [HELD]: '4' })), { team: 'shop' }],
    [
      'somebody has changed our pause: theirs stays at the end',
      resumed(object({ [AT]: '2', [HELD]: '4' })),
      { team: 'shop', [AT]: '2' },
    ],
    ['somebody has ended our pause: our note goes', resumed(object({ [HELD]: '4' })), { team: 'shop' }],
    ['not paused by this program: nothing to do', resumed(object({ [AT]: '2' })), undefined],
  ];
  for (const [what, found, expected] of rows) {
    it(what, () => assert.deepEqual(annotations(found), expected));
  }

  it('a pause that was ended by hand is made again while it is needed', () =>
    assert.deepEqual(annotations(pausedAt(object({ [HELD]: '4' }), 4)), {
      team: 'shop',
      [AT]: '4',
      [HELD]: '4',
    }));
});
