import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withOwnChecks } from '../../../src/settings/checks/step-checks.ts';
import { environmentOf, faultsOf, load, NATIVE } from '../helpers.ts';

const CHECKS = JSON.stringify([
  'success-rate >= 99%',
  'latency <= stable',
  'restarts <= 0',
  { name: 'ready', path: '/ready', port: 8080 },
  { name: 'two words', path: '/ready', port: 8080 },
  { name: 'smoke', job: {} },
  { name: 'orders', query: 'up', judge: 'mann-whitney' },
]);
const PROMETHEUS = { prometheus: 'http://prometheus:9090' };

const KEEL = { engine: 'keel', urls: 'http://keel:9300/v1/webhooks/native', kubeconfig: 'x' };

describe('settings/checks/step-checks', () => {
  const table: [what: string, settings: Record<string, string>, faults: RegExp[]][] = [
    ['a step has checks of its own', { steps: '10% 2m checks ready success-rate, 50% 2m checks ready' }, []],
    ['a Job of a step', { steps: '10% 2m checks smoke, hold 5m checks smoke ready' }, []],
    ['so has a rollback', { rollback_steps: '50% 2m checks ready' }, []],
    [
      'a name that is misspelt',
      { steps: '10% 2m checks reddy' },
      [/^`steps` names the check "reddy", which `checks` does not have; did you mean "ready"\?$/],
    ],
    [
      'a name like none',
      { steps: '10% 2m checks conformity', checks: 'restarts <= 0' },
      [/^`steps` names the check "conformity", which `checks` does not have; it has restarts\.$/],
    ],
    [
      'an unknown name of a rollback',
      { rollback_steps: '50% 2m checks reddy' },
      [/^`rollback_steps` names the check "reddy"/],
    ],
    [
      'the same unknown name in two steps, once',
      { steps: '10% 2m checks reddy, 50% 2m checks reddy' },
      [/"reddy"/],
    ],
    [
      'no checks at all',
      { steps: '10% 2m checks ready', checks: '' },
      [/"ready", but `checks` is not set\.$/],
    ],
    [
      'a name of two words',
      { steps: '10% 2m checks two words' },
      [
        /"two", but a step cannot name "two words", because names are separated by spaces; rename it, such as "two-words"\.$/,
        /"words", but a step cannot name/,
      ],
    ],
    [
      'a check that the judge makes in all steps together',
      { steps: '10% 2m checks latency' },
      [/^`steps` names the check latency, which the judge compares with stable in all steps together/],
    ],
    ['a hold at a weight', { steps: '10% 2m, hold 5m checks ready success-rate' }, []],
    ['a hold before the first weight', { steps: 'hold 5m checks ready, 10% 2m' }, []],
    [
      'requests before the first weight',
      { steps: 'hold 5m checks ready success-rate, 10% 2m' },
      [
        /^`steps` names the check success-rate before the first weight; it counts users' requests, and no user/,
      ],
    ],
    [
      'a series at a hold',
      { steps: '10% 2m, hold 5m checks orders', ...PROMETHEUS },
      [/^`steps` names the check orders at a hold, but its series are compared at the end of a weight/],
    ],
    ['a series at a weight', { steps: '10% 2m checks orders', ...PROMETHEUS }, []],
    [
      'an experiment has one step',
      { steps: '10% 2m checks ready', strategy: 'experiment', checks: 'restarts <= 0' },
      [/^`steps` gives a step checks of its own, but `strategy: experiment` has one step/],
    ],
    [
      'after the switch of blue/green, and on its preview',
      {
        strategy: 'bluegreen',
        steps: 'hold 5m checks ready, 100% checks restarts',
        checks: '["restarts <= 0",{"name":"ready","path":"/ready","port":8080}]',
      },
      [],
    ],
    [
      'a rolling update',
      { strategy: 'rolling', steps: '10% 1m checks restarts', checks: 'restarts <= 0' },
      [],
    ],
    [
      'a rolling update before its first pod',
      { strategy: 'rolling', steps: 'hold 5m checks restarts, 10% 1m', checks: 'restarts <= 0' },
      [/before the first weight checks of its own, but with `strategy: rolling` no pod runs the release/],
    ],
    [
      'a Job of a rolling update',
      { strategy: 'rolling', steps: '10% 1m checks smoke', checks: '[{"name":"smoke","job":{}}]' },
      [/^`checks` runs smoke as a Job/],
    ],
    [
      'an update by Keel',
      { ...KEEL, steps: '10% 2m checks restarts', checks: 'restarts <= 0' },
      [/^`steps` gives a step checks of its own, but an update by Keel has no steps/],
    ],
    [
      'an update by Keel without checks',
      { ...KEEL, steps: '10% 2m checks restarts', checks: '' },
      [/but an update by Keel has no steps/],
    ],
    [
      'a Rollout',
      {
        workload: 'rollout/shop',
        steps: '10% 2m checks restarts',
        rollback_steps: '',
        checks: 'restarts <= 0',
      },
      [/^`steps` gives a step checks of its own, which the controller of a Rollout does not know/],
    ],
  ];
  for (const [what, settings, expected] of table) {
    it(what, () => {
      const all = { checks: CHECKS, ...settings };
      const compared = settings.checks === undefined ? PROMETHEUS : {};
      const faults = faultsOf(environmentOf({ ...NATIVE, ...compared, ...all }));
      assert.equal(faults.length, expected.length, faults.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(faults[index] ?? '', pattern);
    });
  }
});

describe('settings/checks/step-checks withOwnChecks', () => {
  const ALL = ['success-rate', 'latency', 'restarts', 'ready', 'two words', 'smoke', 'orders'];
  const table: [what: string, settings: Record<string, string>, promote: string, rollback: string][] = [
    ['no step names one', {}, '', ''],
    ['a step of a promotion', { steps: '10% 2m checks smoke' }, '', 'smoke'],
    ['a step of a rollback', { rollback_steps: '50% 2m checks ready' }, 'ready', ''],
    ['a step of both', { steps: '10% 2m checks smoke', rollback_steps: '50% 2m checks smoke' }, '', ''],
    [
      'steps of both, each its own',
      { steps: '10% 2m checks smoke', rollback_steps: '50% 2m checks ready' },
      'ready',
      'smoke',
    ],
  ];
  for (const [what, given, ...without] of table) {
    it(`${what}: a promotion is without ${without[0] || 'none'}, a rollback without ${without[1] || 'none'}`, () => {
      const settings = load({ ...NATIVE, ...PROMETHEUS, checks: CHECKS, ...given });
      for (const [index, missing] of without.entries())
        assert.deepEqual(
          withOwnChecks(settings, index === 1).checks?.map(({ name }) => name),
          ALL.filter((name) => name !== missing),
        );
    });
  }

  it('leaves settings without checks as they are', () => {
    const settings = load(NATIVE);
    assert.equal(withOwnChecks(settings, true), settings);
  });
});
