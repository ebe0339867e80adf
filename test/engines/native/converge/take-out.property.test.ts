import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createRollout } from './rolling-model.ts';

type Happening = 'act' | 'fill' | 'old' | 'new' | 'ready' | 'time' | 'turn' | 'follow';

const HAPPENINGS = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Happening>('act') },
    { weight: 3, arbitrary: fc.constant<Happening>('fill') },
    { weight: 3, arbitrary: fc.constant<Happening>('old') },
    { weight: 3, arbitrary: fc.constant<Happening>('new') },
    { weight: 3, arbitrary: fc.constant<Happening>('ready') },
    { weight: 3, arbitrary: fc.constant<Happening>('time') },
    { weight: 3, arbitrary: fc.constant<Happening>('follow') },
    { weight: 1, arbitrary: fc.constant<Happening>('turn') },
  ),
  { maxLength: 150 },
);

test('whatever the order of events, no pod ends that the router may send to, and enough of them serve', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), HAPPENINGS, (replicas, happenings) => {
      const rollout = createRollout(replicas);
      const acts: Record<Happening, () => unknown> = {
        act: rollout.act,
        fill: rollout.fill,
        old: () => rollout.replicate('old'),
        new: () => rollout.replicate('new'),
        ready: rollout.ready,
        time: () => rollout.pass(1_500),
        turn: rollout.turn,
        follow: rollout.follow,
      };
      const happen = (happening: Happening) => {
        acts[happening]();
        assert.deepEqual(rollout.wronged, [], happening);
        assert.ok(rollout.serving().length >= replicas, `${rollout.serving().length} of ${replicas} serve`);
        // one that comes, one that leaves, and the replacement that its ReplicaSet makes before it is told not to
        assert.ok(rollout.pods().length <= replicas + 3, `${rollout.pods().length} pods`);
      };
      for (const happening of happenings) happen(happening);
      const wholeTurn: Happening[] = [
        'fill',
        'old',
        'new',
        'act',
        'old',
        'new',
        'act',
        'old',
        'new',
        'ready',
        'follow',
        'time',
      ];
      for (let count = 0; count < 200; count += 1) for (const happening of wholeTurn) happen(happening);
      assert.ok(rollout.act(), 'it does not come to an end');
      assert.equal(new Set(rollout.pods().map(({ set }) => set)).size, 1, 'two versions are left');
    }),
    { numRuns: 300 },
  );
});
