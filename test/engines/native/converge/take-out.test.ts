import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AFTER_MS, createRollout } from './rolling-model.ts';

/** A rollout of four pods, of which one more has come. */
function begun() {
  const rollout = createRollout(4);
  rollout.fill();
  rollout.replicate('new');
  return rollout;
}

const outOf = (rollout: ReturnType<typeof begun>) =>
  rollout.pods().filter(({ note }) => note !== undefined).length;

describe('engines/native/converge/take-out', () => {
  it('waits for the new pod to be ready', () => {
    const rollout = begun();
    rollout.pass(60_000);
    rollout.act();
    assert.equal(outOf(rollout), 0);
  });

  it('waits until the router knows the new pod', () => {
    const rollout = begun();
    rollout.ready();
    rollout.pass(AFTER_MS);
    rollout.act();
    assert.equal(outOf(rollout), 0);
    rollout.pass(1_000);
    rollout.act();
    assert.equal(outOf(rollout), 1);
  });

  it('a pod that was taken out ends when the router no longer sends to it', () => {
    const rollout = begun();
    rollout.ready();
    rollout.pass(AFTER_MS + 1_000);
    rollout.act();
    rollout.pass(60_000);
    rollout.act();
    assert.equal(outOf(rollout), 1, 'its address is still in the EndpointSlices');
    rollout.follow();
    rollout.act();
    rollout.pass(AFTER_MS - 1);
    rollout.act();
    assert.equal(outOf(rollout), 1);
    rollout.pass(1);
    rollout.act();
    assert.equal(outOf(rollout), 0);
  });

  it('its ReplicaSet is scaled down once it has let go of the pod, and ends the replacement', () => {
    const rollout = begun();
    rollout.ready();
    rollout.pass(AFTER_MS + 1_000);
    rollout.act();
    rollout.act();
    rollout.replicate('old');
    assert.equal(rollout.pods().length, 6, 'a pod that comes, one that leaves, and a replacement');
    rollout.act();
    rollout.replicate('old');
    rollout.act();
    assert.deepEqual([rollout.pods().length, rollout.serving().length, rollout.wronged], [5, 4, []]);
  });

  it('is not scaled down while it still counts the pod, because it would end one that serves', () => {
    const rollout = begun();
    rollout.ready();
    rollout.pass(AFTER_MS + 1_000);
    rollout.act();
    rollout.act();
    assert.equal(rollout.wanted('old'), 4);
    rollout.replicate('old');
    rollout.act();
    assert.equal(rollout.wanted('old'), 3);
  });

  it('a replacement that gets ready before it ends has never been in the Services', () => {
    const rollout = begun();
    rollout.ready();
    rollout.pass(AFTER_MS + 1_000);
    rollout.act();
    rollout.replicate('old');
    rollout.act();
    rollout.ready();
    rollout.follow();
    rollout.replicate('old');
    assert.deepEqual([rollout.wronged, rollout.serving().length], [[], 4]);
  });

  it('a replacement that comes after its ReplicaSet was scaled down is not in the Services either', () => {
    const rollout = begun();
    rollout.ready();
    rollout.pass(AFTER_MS + 1_000);
    rollout.act();
    rollout.release('old');
    rollout.act();
    assert.equal(rollout.wanted('old'), 3);
    rollout.make('old');
    rollout.act();
    rollout.ready();
    rollout.follow();
    rollout.replicate('old');
    assert.deepEqual([rollout.wronged, rollout.serving().length], [[], 4]);
  });

  it('a replacement that nobody could use ends at once', () => {
    const rollout = begun();
    rollout.ready();
    rollout.pass(AFTER_MS + 1_000);
    rollout.act();
    rollout.replicate('old');
    rollout.act();
    rollout.act();
    assert.equal(outOf(rollout), 1, 'the pod that had users');
  });

  it('a replacement that is ready already stays, and the next pod is taken out later', () => {
    const rollout = begun();
    rollout.ready();
    rollout.pass(AFTER_MS + 1_000);
    rollout.act();
    rollout.replicate('old');
    rollout.ready();
    rollout.act();
    rollout.replicate('old');
    assert.deepEqual([rollout.serving().length, rollout.wronged], [5, []]);
  });

  it('turned round before a new pod could be made: nothing is left to do, whatever its ReplicaSet wants', () => {
    const rollout = createRollout(4);
    rollout.fill();
    rollout.turn();
    rollout.pass(60_000);
    assert.equal(rollout.wanted('new'), 1);
    assert.equal(rollout.act(), true);
  });

  it('turned round: the old pods stay, and the new one leaves in the same way', () => {
    const rollout = begun();
    rollout.ready();
    rollout.turn();
    rollout.pass(AFTER_MS + 1_000);
    rollout.act();
    assert.deepEqual(
      rollout.pods().flatMap(({ note, set }) => (note === undefined ? [] : [set])),
      ['new'],
    );
  });
});
