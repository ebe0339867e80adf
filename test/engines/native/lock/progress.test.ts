import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { progressIn } from '../../../../src/engines/native/lock/progress.ts';
import { record } from '../fixtures.ts';
import { recordOf } from '../rolling/fixtures.ts';

const STEPS = { steps: [{ kind: 'weight', weight: 25, holdMs: 1000 }] } as const;

describe('engines/native/lock/progress', () => {
  it('of a rolling update the weight is a share of the pods', () => {
    const { weight, weightOf } = progressIn({}, recordOf(STEPS), undefined);
    assert.deepEqual({ weight, weightOf }, { weight: 25, weightOf: 'pods' });
  });

  it('has the checks that the stage has of its own', () => {
    const steps = [{ kind: 'weight', weight: 25, holdMs: 1000, checks: ['smoke'] }] as const;
    assert.deepEqual(progressIn({}, recordOf({ steps }), undefined).checks, ['smoke']);
    assert.equal('checks' in progressIn({}, recordOf(STEPS), undefined), false);
  });

  it('of a canary it is one of the users', () =>
    assert.equal(progressIn({}, record(), undefined).weightOf, undefined));
});
