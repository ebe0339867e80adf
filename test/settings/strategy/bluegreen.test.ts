import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadSettings } from '../../../src/settings/load.ts';
import { stepsOf } from '../../../src/settings/strategy/bluegreen.ts';
import { environmentOf, faultsOf, NATIVE } from '../helpers.ts';

const BLUE_GREEN = { ...NATIVE, strategy: 'bluegreen' };
const HOLD = { kind: 'hold' } as const;
const all = (holdMs: number) => ({ kind: 'weight', weight: 100, holdMs }) as const;

describe('settings/strategy/bluegreen', () => {
  const steps: [what: string, settings: Record<string, string>, expected: object[]][] = [
    ['one switch, kept for ten minutes', {}, [all(600_000)]],
    ['`keep` is the time of the switch', { keep: '30s' }, [all(30_000)]],
    ['`keep` may end early', { keep: 'until-sure 30s' }, [{ ...all(30_000), untilSure: true }]],
    ['a hold before it is on the preview', { steps: 'hold, 100%', keep: '1m' }, [HOLD, all(60_000)]],
    ['a hold after it keeps the old version', { steps: '100%, hold', keep: '1m' }, [all(60_000), HOLD]],
  ];
  for (const [what, settings, expected] of steps) {
    it(what, () =>
      assert.deepEqual(
        stepsOf(loadSettings(environmentOf({ ...BLUE_GREEN, ...settings })).settings),
        expected,
      ),
    );
  }

  it('leaves the steps of a canary alone', () => {
    const { settings } = loadSettings(environmentOf({ ...NATIVE, steps: '10% 1m', keep: '5m' }));
    assert.deepEqual(stepsOf(settings), settings.steps);
  });

  const refused: [what: string, settings: Record<string, string>, fault: RegExp][] = [
    ['a share', { steps: '10% 1m, 100%' }, /`steps` has a share of the users, .*`steps: \[hold, 100%\]`/],
    ['a time of the switch', { steps: '100% 5m' }, /with `strategy: bluegreen` that time is `keep`/],
    ['until-sure', { steps: '100% until-sure 5m' }, /that time is `keep`/],
    ['a baseline', { baseline: 'true', metrics_port: '8080' }, /no user is on stable after the switch/],
    ['another end', { finish: 'roll' }, /`finish: roll` is for a canary/],
    ['a comparison of latencies', { checks: 'latency <= stable' }, /`checks` compares latency with stable/],
  ];
  for (const [what, settings, fault] of refused) {
    it(`refuses ${what}`, () => {
      const faults = faultsOf(environmentOf({ ...BLUE_GREEN, ...settings }));
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.match(faults[0] ?? '', fault);
    });
  }

  it('takes the default of `steps` for no steps', () =>
    assert.deepEqual(faultsOf(environmentOf({ ...BLUE_GREEN, steps: '5% 1m, 25% 2m, 50% 2m' })), []));
});
