import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AFTER_MS, createRollout } from './rolling-model.ts';

/** A rollout of four pods, of which one more has come. */
function begun(rollout = createRollout(4)) {
  rollout.fill();
  rollout.read('new');
  rollout.replicate('new');
  return rollout;
}

/** One whose new pod the EndpointSlices show. */
function known(rollout = begun()) {
  rollout.ready();
  rollout.follow();
  return rollout;
}

/** Takes the next pod out, once the controller has read that what its ReplicaSet makes does not start. */
function takeOut(rollout: ReturnType<typeof begun>, set = 'old'): void {
  rollout.act();
  rollout.read(set);
  rollout.replicate(set);
  rollout.act();
}

/** One in which a pod of the old version has just left its Services. */
function left() {
  const rollout = known();
  takeOut(rollout);
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

  it('waits until the EndpointSlices show the new pod, from which the router knows it', () => {
    const rollout = begun();
    rollout.ready();
    rollout.pass(60_000);
    rollout.act();
    assert.equal(outOf(rollout), 0);
    rollout.follow();
    takeOut(rollout);
    assert.equal(outOf(rollout), 1);
  });

  it('waits for the EndpointSlices of all Services', () => {
    const rollout = known(begun(createRollout(1, true)));
    rollout.act();
    assert.equal(outOf(rollout), 0);
    rollout.followSecond();
    takeOut(rollout);
    assert.equal(outOf(rollout), 1);
  });

  it('a pod that was taken out ends when the router no longer sends to it', () => {
    const rollout = left();
    rollout.replicate('old');
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

  it('waits until the controller has read that what its ReplicaSet makes does not start', () => {
    const rollout = known();
    rollout.act();
    rollout.act();
    rollout.replicate('old');
    rollout.act();
    assert.equal(outOf(rollout), 0, 'the controller acts by what it has read before');
    rollout.read('old');
    rollout.act();
    assert.equal(outOf(rollout), 0, 'nothing tells that it has read it');
    rollout.replicate('old');
    rollout.act();
    assert.equal(outOf(rollout), 1);
  });

  it('its ReplicaSet is scaled down once it has let go of the pod, and ends the replacement, which never starts', () => {
    const rollout = left();
    rollout.replicate('old');
    assert.equal(rollout.pods().length, 6, 'a pod that comes, one that leaves, and a replacement');
    rollout.ready();
    rollout.follow();
    rollout.act();
    assert.equal(rollout.wanted('old'), 3);
    rollout.read('old');
    rollout.replicate('old');
    assert.deepEqual([rollout.pods().length, rollout.serving().length, rollout.wronged], [5, 4, []]);
  });

  it('is not scaled down while it still counts the pod, because it would end one that serves', () => {
    const rollout = left();
    rollout.act();
    assert.equal(rollout.wanted('old'), 4);
    rollout.replicate('old');
    rollout.act();
    assert.equal(rollout.wanted('old'), 3);
  });

  it('a pod that its ReplicaSet still counts does not end: a replacement would come after that', () => {
    const rollout = left();
    rollout.follow();
    rollout.act();
    rollout.pass(AFTER_MS);
    rollout.act();
    assert.equal(outOf(rollout), 1);
    rollout.replicate('old');
    rollout.act();
    rollout.act();
    assert.equal(outOf(rollout), 0);
  });

  it('the next pod leaves while the one before still stops', () => {
    const rollout = left();
    rollout.replicate('old');
    rollout.act();
    rollout.read('old');
    rollout.replicate('old');
    rollout.fill();
    rollout.read('new');
    rollout.replicate('new');
    rollout.ready();
    rollout.follow();
    rollout.act();
    rollout.pass(AFTER_MS);
    rollout.act();
    assert.equal(outOf(rollout), 0);
    rollout.act();
    assert.equal(rollout.isHeld('old'), true);
    rollout.act();
    assert.equal(rollout.isHeld('old'), true, 'the pod that stops is nothing to its ReplicaSet');
  });

  it('turned round while a pod leaves: its replacement makes room for a pod that starts', () => {
    const rollout = left();
    rollout.replicate('old');
    rollout.turn();
    for (let turns = 0; turns < 3; turns += 1) {
      rollout.act();
      rollout.read('old');
      rollout.replicate('old');
    }
    rollout.ready();
    assert.equal(rollout.serving().filter(({ set }) => set === 'old').length, 4);
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
    rollout.follow();
    takeOut(rollout, 'new');
    assert.deepEqual(
      rollout.pods().flatMap(({ note, set }) => (note === undefined ? [] : [set])),
      ['new'],
    );
  });
});
