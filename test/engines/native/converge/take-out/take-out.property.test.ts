import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { AFTER_MS, createRollout } from './rolling-model.ts';

type Happening =
  | 'act'
  | 'interrupted'
  | 'read old'
  | 'read new'
  | 'fill'
  | 'old'
  | 'new'
  | 'ready'
  | 'time'
  | 'turn'
  | 'follow';

/**
 * One turn of everybody, in which a rollout goes on: the program acts on each event, so that it is done before a
 * replacement that was just made is ready.
 */
const WHOLE_TURN: Happening[] = [
  ...(['fill', 'read old', 'read new', 'old', 'new', 'ready', 'follow'] as const),
  ...Array<Happening[]>(6).fill(['act', 'read old', 'old', 'read new', 'new']).flat(),
  'time',
];

const ANY_ORDER = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Happening>('act') },
    { weight: 2, arbitrary: fc.constant<Happening>('interrupted') },
    { weight: 20, arbitrary: fc.constantFrom<Happening>(...WHOLE_TURN) },
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

test('whatever the order of events, no pod ends that the router may send to, and the router knows enough that live', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), HAPPENINGS, (replicas, happenings) => {
      const rollout = createRollout(replicas);
      const acts: Record<Happening, () => unknown> = {
        act: () => rollout.act(),
        interrupted: () => rollout.act(1),
        fill: rollout.fill,
        'read old': () => rollout.read('old'),
        'read new': () => rollout.read('new'),
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
        for (const lagMs of [0, AFTER_MS / 2, AFTER_MS - 1])
          assert.ok(rollout.reachable(lagMs) >= replicas, `a router that is ${lagMs} ms late knows too few`);
        // one that comes and one that leaves; beside them the replacement, which never starts
        assert.ok(rollout.started().length <= replicas + 2, `${rollout.started().length} pods have started`);
        assert.ok(rollout.pods().length <= replicas + 3, `${rollout.pods().length} pods`);
      };
      for (const happening of happenings) happen(happening);
      for (let count = 0; count < 40; count += 1) for (const happening of WHOLE_TURN) happen(happening);
      assert.ok(rollout.act(), 'it does not come to an end');
      assert.ok(rollout.isFree(), 'pods that never start are left');
      assert.equal(new Set(rollout.pods().map(({ set }) => set)).size, 1, 'two versions are left');
    }),
    { numRuns: 300 },
  );
});
