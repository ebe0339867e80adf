import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { StatefulSet } from 'kubernetes-types/apps/v1';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { podsAt } from '../../../../src/engines/native/plan/strategy/rolling.ts';
import { decideRolling } from '../../../../src/engines/native/rolling/decide.ts';
import { isReady } from '../../../../src/workload/pods/readiness.ts';
import { withUpdateStrategy } from '../../../../src/workload/rolling/update-strategy.ts';
import { ALL_WELL, NOW, pods, recordOf, seenOf, set } from './fixtures.ts';

const UP = {
  steps: [
    { kind: 'weight', weight: 25, holdMs: 1000 },
    { kind: 'hold' },
    { kind: 'weight', weight: 60, holdMs: 0 },
  ],
} as const;

/** Any state of the workload and its pods, with any record: also those that should never come. */
const moments = fc.record({
  direction: fc.constantFrom('up', 'down' as const),
  stage: fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 5, 6),
  leave: fc.boolean(),
  isReached: fc.boolean(),
  agoMs: fc.integer({ min: 0, max: 60_000 }),
  image: fc.constantFrom('db:1', 'db:2', 'db:3'),
  partition: fc.constantFrom(undefined, 0, 0, 0, 1, 2, 3, 4, 5),
  replicas: fc.integer({ min: 1, max: 9 }),
  old: fc.integer({ min: 0, max: 5 }),
  broken: fc.integer({ min: 0, max: 2 }),
  fresh: fc.integer({ min: 0, max: 5 }),
  crashing: fc.boolean(),
  isBad: fc.boolean(),
});
type Moment = typeof moments extends fc.Arbitrary<infer T> ? T : never;

function decided(given: Moment) {
  const plain = set(given.image);
  const spec = { ...plain.spec, replicas: given.replicas } as NonNullable<StatefulSet['spec']>;
  const own: StatefulSet = { ...plain, spec };
  const workload =
    given.partition === undefined
      ? own
      : withUpdateStrategy(own, { type: 'RollingUpdate', rollingUpdate: { partition: given.partition } });
  const record = recordOf(UP, {
    direction: given.direction,
    stage: given.stage,
    since: NOW - given.agoMs,
    ...(given.leave && given.direction === 'down' ? { leave: true } : {}),
    ...(given.isReached ? { reachedAt: NOW - given.agoMs } : {}),
  });
  const seen = seenOf({
    workload,
    ...pods(given.old, given.fresh, { brokenOld: given.broken, crashing: given.crashing }),
    assessment: given.isBad ? { ...ALL_WELL, failure: 'It fails.' } : ALL_WELL,
  });
  return { record, seen, workload, decision: decideRolling({ record, seen, now: NOW }) };
}

const RUNS = { numRuns: 3000 };

describe('whatever the state of a StatefulSet, a rolling update', () => {
  it('gives the release to no more pods than the stage has, and never on the way back', () =>
    fc.assert(
      fc.property(moments, (given) => {
        const { record, decision } = decided(given);
        if (decision.do !== 'write') return;
        for (const write of decision.writes) {
          if (write.verb !== 'update') continue;
          const { spec, metadata } = write.object as StatefulSet;
          const image = spec?.template.spec?.containers[0]?.image;
          const isHeld = metadata?.annotations !== undefined;
          if (record.direction === 'down') {
            assert.ok(image === 'db:1' || !isHeld, `${image} is written on the way back`);
            continue;
          }
          const weight = stagesOf(record)[record.stage]?.weight;
          const partition = spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
          if (isHeld && typeof weight === 'number')
            assert.equal(given.replicas - partition, podsAt(weight, given.replicas));
        }
      }),
      RUNS,
    ));

  it('deletes no pod that is ready', () =>
    fc.assert(
      fc.property(moments, (given) => {
        const { seen, decision } = decided(given);
        if (decision.do !== 'write') return;
        const names = decision.writes
          .filter(({ verb }) => verb === 'delete')
          .map(({ object }) => object.metadata?.name);
        const deleted = [...seen.oldPods, ...seen.newPods].filter(({ metadata }) =>
          names.includes(metadata?.name),
        );
        assert.ok(deleted.every((pod) => !isReady(pod)));
      }),
      RUNS,
    ));

  it('goes on with no release that was found bad, but for the last stage, in which all pods have it', () =>
    fc.assert(
      fc.property(moments, (given) => {
        const { record, decision } = decided({ ...given, isBad: true });
        const stage = stagesOf(record)[record.stage];
        if (record.direction === 'down' || !stage || typeof stage.weight !== 'number' || stage.weight === 0)
          return;
        assert.ok(decision.do === 'record' && decision.record.direction === 'down', JSON.stringify(decision));
      }),
      RUNS,
    ));

  it('never ends as promoted before its own update strategy is back and its stages have passed', () =>
    fc.assert(
      fc.property(moments, (given) => {
        const { record, decision } = decided(given);
        if (decision.do !== 'end' || decision.outcome.kind !== 'promoted') return;
        assert.ok(record.direction === 'up' && record.stage >= stagesOf(record).length);
      }),
      RUNS,
    ));

  it('leaves what somebody else has made of it', () =>
    fc.assert(
      fc.property(moments, (given) => {
        const { decision } = decided({ ...given, image: 'db:3', direction: 'down', leave: true });
        if (decision.do !== 'write') return;
        for (const { object } of decision.writes)
          assert.equal((object as StatefulSet).spec?.template.spec?.containers[0]?.image, 'db:3');
      }),
      RUNS,
    ));
});
