import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Deployment, DeploymentSpec } from 'kubernetes-types/apps/v1';
import { type Pace, surgeBy, withOwnPace, withPace } from '../../../src/workload/rolling/pace.ts';
import { deployment, FROM } from '../../engines/native/fixtures.ts';

const PACE: Pace = { readySeconds: 5, surge: '4%' };
const web = (over: Partial<DeploymentSpec> = {}) => deployment('web', FROM, 4, over);
const termsOf = ({ spec }: Deployment) => [
  spec?.minReadySeconds,
  spec?.progressDeadlineSeconds,
  spec?.strategy?.rollingUpdate?.maxSurge,
  spec?.strategy?.rollingUpdate?.maxUnavailable,
];
const NOTE = 'drone-promote/held-pace';

describe('workload/rolling/pace', () => {
  const paced: [what: string, before: Deployment, expected: ReturnType<typeof termsOf>][] = [
    ['the pace of the router', web(), [5, 605, '4%', 0]],
    ['its own patience if that is longer', web({ minReadySeconds: 30 }), [30, 630, '4%', 0]],
    ['its deadline grows by as much', web({ progressDeadlineSeconds: 10 }), [5, 15, '4%', 0]],
    [
      'a deadline without an end stays one',
      web({ progressDeadlineSeconds: 2 ** 31 - 1 }),
      [5, 2 ** 31 - 1, '4%', 0],
    ],
    [
      'Recreate has no pace',
      web({ strategy: { type: 'Recreate' } }),
      [undefined, undefined, undefined, undefined],
    ],
  ];
  for (const [what, before, expected] of paced) {
    it(`sets ${what}`, () => assert.deepEqual(termsOf(withPace(before, PACE)), expected));
  }

  it('notes what was there, also if another pace is set meanwhile', () => {
    const before = web({ minReadySeconds: 2 });
    const once = withPace(before, PACE);
    const twice = withPace(once, { readySeconds: 9, surge: 1 });
    assert.deepEqual(termsOf(twice), [9, 609, 1, 0]);
    assert.equal(termsOf(withOwnPace(twice) ?? {})[0], 2);
  });

  it('changes no template, so that no rollout begins', () =>
    assert.deepEqual(withPace(web(), PACE).spec?.template, web().spec?.template));

  it('puts nothing back that is not set', () => assert.equal(withOwnPace(web()), undefined));

  it('leaves what somebody else has set since', () => {
    const once = withPace(web(), PACE);
    const edited = { ...once, spec: { ...(once.spec as DeploymentSpec), minReadySeconds: 60 } };
    assert.deepEqual(termsOf(withOwnPace(edited) ?? {}), [60, undefined, '25%', '25%']);
  });

  it('drops a note that somebody has edited, and puts nothing back from it', () => {
    const once = withPace(web(), PACE);
    const edited = { ...once, metadata: { ...once.metadata, annotations: { [NOTE]: 'x' } } };
    assert.deepEqual(termsOf(withOwnPace(edited) ?? {}), [5, 605, '4%', 0]);
    assert.equal(withOwnPace(edited)?.metadata?.annotations, undefined);
  });

  it('every Deployment is put back to the letter', () => {
    const seconds = fc.integer({ min: 0, max: 1000 });
    const count = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('25%', '100%'));
    const specs = fc.record(
      {
        minReadySeconds: seconds,
        progressDeadlineSeconds: seconds,
        strategy: fc.record({
          type: fc.constant('RollingUpdate'),
          rollingUpdate: fc.record({ maxSurge: count, maxUnavailable: count }, { requiredKeys: [] }),
        }),
      },
      { requiredKeys: ['strategy'] },
    );
    const notes = fc.option(fc.constant({ team: 'shop' }), { nil: undefined });
    fc.assert(
      fc.property(specs, notes, fc.nat(60), (over, annotations, readySeconds) => {
        // without the prototypes of fast-check
        const plain = web(structuredClone(over));
        const before = annotations ? { ...plain, metadata: { ...plain.metadata, annotations } } : plain;
        assert.deepEqual(withOwnPace(withPace(before, { readySeconds, surge: '4%' })), before);
      }),
    );
  });

  const surges: [replicas: number, expected: number][] = [
    [1, 1],
    [25, 1],
    [26, 2],
    [50, 2],
    [1000, 40],
  ];
  for (const [replicas, expected] of surges) {
    it(`of ${replicas} pods ${expected} come at once`, () => assert.equal(surgeBy(PACE, replicas), expected));
  }
  it('a number is one', () => assert.equal(surgeBy({ readySeconds: 1, surge: 3 }, 50), 3));
});
