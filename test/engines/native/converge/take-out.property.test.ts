import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createRollout } from './rolling-model.ts';

type Happening = 'act' | 'interrupted' | 'fill' | 'old' | 'new' | 'ready' | 'time' | 'turn' | 'follow';

/** One turn of everybody, in which a rollout goes on: a pod takes longer to get ready than this program to decide. */
const WHOLE_TURN: Happening[] = [
  ...['fill', 'old', 'new', 'act', 'old', 'new', 'act', 'old', 'new', 'act', 'old', 'new', 'act'],
  ...['ready', 'follow', 'time'],
] as Happening[];

const ANY_ORDER = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Happening>('act') },
    { weight: 2, arbitrary: fc.constant<Happening>('interrupted') },
    { weight: 3, arbitrary: fc.constantFrom<Happening>('fill', 'old', 'new', 'ready', 'time', 'follow') },
    { weight: 1, arbitrary: fc.constant<Happening>('turn') },
  ),
  { maxLength: 150 },
);
/** Goes on for long enough that a pod leaves, and then in any order. */
const HAPPENINGS = fc
  .tuple(
    fc.integer({ min: 0, max: 12 }),
    fc.array(fc.shuffledSubarray([...WHOLE_TURN, ...WHOLE_TURN]), { maxLength: 6 }),
    ANY_ORDER,
  )
  .map(([turns, shuffled, any]) => [
    ...Array.from({ length: turns }, () => WHOLE_TURN).flat(),
    ...shuffled.flat(),
    ...any,
  ]);

test('whatever the order of events, no pod ends that the router may send to, and enough of them serve', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), HAPPENINGS, (replicas, happenings) => {
      const rollout = createRollout(replicas);
      const acts: Record<Happening, () => unknown> = {
        act: () => rollout.act(),
        interrupted: () => rollout.act(1),
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
      for (let count = 0; count < 200; count += 1) for (const happening of WHOLE_TURN) happen(happening);
      assert.ok(rollout.act(), 'it does not come to an end');
      assert.equal(new Set(rollout.pods().map(({ set }) => set)).size, 1, 'two versions are left');
    }),
    { numRuns: 300 },
  );
});
