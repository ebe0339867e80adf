import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StatefulSet } from 'kubernetes-types/apps/v1';
import {
  isUpdateHeld,
  meddledStrategy,
  withOwnUpdateStrategy,
  withUpdateStrategy,
} from '../../../src/workload/rolling/update-strategy.ts';

const OWN = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
const SET = { type: 'RollingUpdate', rollingUpdate: { partition: 3 } };
const NEXT = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };

const db = (annotations?: Record<string, string>): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', resourceVersion: '7', ...(annotations ? { annotations } : {}) },
  spec: { serviceName: 'db', replicas: 4, selector: {}, template: {}, updateStrategy: OWN },
});

describe('the update strategy of a workload, for the time of a promotion', () => {
  it('is set with a note of its own one, and put back from that: the object is what it was, to the letter', () => {
    const held = withUpdateStrategy(db({ team: 'a' }), SET);
    assert.deepEqual(held.spec?.updateStrategy, SET);
    assert.ok(isUpdateHeld(held));
    assert.deepEqual(withOwnUpdateStrategy(held), db({ team: 'a' }));
  });

  it('leaves no empty annotations behind', () => {
    assert.deepEqual(withOwnUpdateStrategy(withUpdateStrategy(db(), SET)), db());
  });

  it('is still its own one after it was set several times', () => {
    const twice = withUpdateStrategy(withUpdateStrategy(db(), SET), NEXT);
    assert.deepEqual(twice.spec?.updateStrategy, NEXT);
    assert.deepEqual(withOwnUpdateStrategy(twice), db());
  });

  it('stays as somebody else has set it meanwhile, and only the note goes', () => {
    const held = withUpdateStrategy(db(), SET);
    const theirs = { ...held, spec: { ...held.spec, updateStrategy: { type: 'OnDelete' } } } as StatefulSet;
    assert.deepEqual(meddledStrategy(theirs), { set: SET, current: { type: 'OnDelete' } });
    const back = withOwnUpdateStrategy(theirs);
    assert.deepEqual(back?.spec?.updateStrategy, { type: 'OnDelete' });
    assert.ok(back && !isUpdateHeld(back));
  });

  it('stays as it is if somebody has edited the note', () => {
    const edited = db({ 'drone-promote/held-update-strategy': '{"own":' });
    assert.equal(meddledStrategy(edited), undefined);
    assert.deepEqual(withOwnUpdateStrategy(edited), db());
  });

  it('says nothing of a workload that was never touched', () => {
    assert.equal(isUpdateHeld(db()), false);
    assert.equal(withOwnUpdateStrategy(db()), undefined);
    assert.equal(meddledStrategy(db()), undefined);
  });
});
