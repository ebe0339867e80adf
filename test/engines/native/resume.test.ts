import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, imageOf, REPO, SETTINGS } from '../../../e2e/app.ts';
import { rbacRules } from '../../../e2e/rbac.ts';
import { newTimings, resumed } from '../../../src/engines/native/resume.ts';
import { inSimWorld } from '../../sim/world.ts';
import { plan, record } from './fixtures.ts';

const BEFORE = plan({ settleMs: 3000, drainMs: 7000, timeoutMs: 300_000 });

describe('engines/native/resume: the note about durations', () => {
  const cases: [what: string, now: Partial<typeof BEFORE>, message: string | undefined][] = [
    ['the same settings: none', {}, undefined],
    ['other steps alone: none', { steps: [] }, undefined],
    ['settle', { settleMs: 5000 }, '`settle` 3s → 5s'],
    ['drain', { drainMs: 1000 }, '`drain` 7s → 1s'],
    ['timeout', { timeoutMs: 60_000 }, '`timeout` 5m → 1m'],
    [
      'all three, in one line',
      { settleMs: 5000, drainMs: 8000, timeoutMs: 60_000 },
      '`settle` 3s → 5s, `drain` 7s → 8s, `timeout` 5m → 1m',
    ],
  ];
  for (const [what, now, changes] of cases) {
    it(what, () =>
      assert.deepEqual(
        [...newTimings(BEFORE, { ...BEFORE, ...now })],
        changes === undefined
          ? []
          : [
              {
                type: 'note',
                message: `The promotion resumes with the durations of the current settings: ${changes}.`,
              },
            ],
      ),
    );
  }
});

describe('engines/native/resume: the record', () => {
  const now = plan({ settleMs: 1, drainMs: 2, timeoutMs: 3, steps: [], to: 'other' });

  it('takes the durations of the current settings, and nothing else of the new plan', () => {
    const left = record({ plan: BEFORE, stage: 1 });
    const { plan: taken } = resumed(left, now, 9000, 'build 78');
    assert.deepEqual(taken, { ...BEFORE, settleMs: 1, drainMs: 2, timeoutMs: 3 });
  });

  const stages: [what: string, held: boolean, stage: number][] = [
    ['continues after the hold', true, 2],
    ['continues at the same stage if it was not held', false, 1],
  ];
  for (const [what, held, stage] of stages) {
    it(`${what}, and starts its timer again`, () => {
      const left = record({ plan: BEFORE, stage: 1, since: 5, reachedAt: 6, confirmedAt: 7, held });
      const { plan: _, ...rest } = resumed(left, now, 9000, 'build 78');
      const { id, startedAt, version, direction } = left;
      const gates = held ? { gates: [{ at: 9000, stage: '50 %', by: 'build 78' }] } : {};
      assert.deepEqual(rest, {
        id,
        startedAt,
        version,
        direction,
        by: 'build 78',
        stage,
        since: 9000,
        way: [{ direction, stage: 1, since: 5 }],
        ...gates,
      });
    });
  }
});

describe('a promotion that resumes with other durations', () => {
  const settings = { ...SETTINGS, steps: ['20% 1s', 'hold'], settle: '2s', drain: '3s' };
  const NOTE = /note +The promotion resumes with the durations of the current settings: /;

  it('says so, and waits that long', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      assert.equal((await world.step(settings).done).outputs.PROMOTE_OUTCOME, 'held');
      const again = await world.step({ ...settings, settle: '5s', drain: '9s', timeout: '4m' }).done;
      assert.equal(again.code, 0, again.log);
      assert.match(
        again.log,
        /note +The promotion resumes with the durations of the current settings: `settle` 2s → 5s, `drain` 3s → 9s, `timeout` \S+ → 4m\./,
      );
      assert.match(again.log, /holding +5s, settling/);
      assert.match(again.log, /holding +9s, draining/);
      assert.doesNotMatch(again.log, /holding +[23]s, /, 'the durations of the first step');
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    }));

  it('says nothing of durations that are the same', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      assert.equal((await world.step(settings).done).outputs.PROMOTE_OUTCOME, 'held');
      const again = await world.step(settings).done;
      assert.equal(again.code, 0, again.log);
      assert.doesNotMatch(again.log, NOTE);
    }));
});
