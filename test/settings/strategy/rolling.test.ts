import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crossFaults } from '../../../src/settings/cross-checks.ts';
import { parseSettings } from '../../../src/settings/load.ts';
import { stepsOf, strategyOf } from '../../../src/settings/strategy/rolling.ts';
import type { Name } from '../../../src/settings/table/index.ts';

function settings(texts: Partial<Record<Name, string>>) {
  const faults: string[] = [];
  const all = { repo: '192.0.2.10:5000/shop/db', ...texts };
  const parsed = parseSettings(new Map(Object.entries(all) as [Name, string][]), {}, faults);
  assert.deepEqual(faults, []);
  return parsed;
}

describe('the strategy of a promotion', () => {
  const cases: [Partial<Record<Name, string>>, string][] = [
    [{ workload: 'deployment/web' }, 'canary'],
    [{ workload: 'deployment/web', strategy: 'rolling' }, 'rolling'],
    [{ workload: 'deployment/web', strategy: 'bluegreen' }, 'bluegreen'],
    [{ workload: 'statefulset/db' }, 'rolling'],
    [{ workload: 'daemonset/agent' }, 'rolling'],
  ];
  for (const [texts, expected] of cases) {
    it(`is ${expected} for ${Object.values(texts).join(', ')}`, () =>
      assert.equal(strategyOf(settings(texts)), expected));
  }
});

describe('the steps of a rolling update', () => {
  it('are one pod for a minute, if the user names none', () => {
    assert.deepEqual(stepsOf(settings({ workload: 'statefulset/db' })), [
      { kind: 'weight', weight: 1, holdMs: 60_000 },
    ]);
  });

  it('are those of the user', () => {
    assert.deepEqual(stepsOf(settings({ workload: 'statefulset/db', steps: '25% 2m, hold' })), [
      { kind: 'weight', weight: 25, holdMs: 120_000 },
      { kind: 'hold' },
    ]);
  });

  it('are those of before for a canary', () => {
    assert.equal(stepsOf(settings({ workload: 'deployment/web' })).length, 3);
  });
});

describe('settings that a rolling update refuses', () => {
  const db = { workload: 'statefulset/db' };
  const cases: [Partial<Record<Name, string>>, RegExp | undefined][] = [
    [db, undefined],
    [{ ...db, strategy: 'rolling', steps: '50% 1m, hold' }, undefined],
    [
      { ...db, strategy: 'canary' },
      /`strategy: canary` needs a copy of the workload, which a statefulset cannot have\. Remove `strategy`/,
    ],
    [{ workload: 'daemonset/agent', strategy: 'bluegreen' }, /which a daemonset cannot have/],
    [{ ...db, strategy: 'experiment' }, /needs a copy/],
    [{ ...db, action: 'status', strategy: 'canary' }, undefined],
    [{ ...db, baseline: 'true' }, /`baseline` makes a copy of stable/],
    [{ ...db, header: 'X-Canary' }, /`header` sends requests to a canary/],
    [{ ...db, finish: 'pace' }, /`finish: pace` is for a canary/],
    [{ ...db, mirror_requests: '10% 30s' }, /`strategy: rolling` has no such stage/],
    [{ ...db, steps: '10% 1m at-most 5 failures' }, /no router tells new pods from old ones; write a check/],
    [
      { ...db, checks: '[{"name":"smoke","job":{"image":"example.com/a:1"}}]' },
      /runs smoke as a Job before the first user/,
    ],
    [{ ...db, engine: 'argo' }, /`workload` is a statefulset, but `engine: argo` promotes a rollout/],
  ];
  for (const [texts, expected] of cases) {
    it(`${JSON.stringify(texts)}: ${expected ?? 'none'}`, () => {
      const faults = crossFaults(settings(texts)).join('\n');
      if (expected) assert.match(faults, expected);
      else assert.equal(faults, '');
    });
  }
});
