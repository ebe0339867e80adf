import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Seen } from '../../src/watch/seen.ts';
import { renewalsAfter, silentIn } from '../../src/watch/silence.ts';

const held = (at: string): Seen => ({
  namespace: 'shop',
  workload: 'deployment/web',
  history: [],
  now: {
    state: 'promoting',
    id: '1',
    stage: '',
    number: 1,
    stages: [],
    watchers: [],
    way: [],
    renewed: { at, forMs: 15_000 },
  },
});

it('a holder is silent if no look has seen a renewal for the duration of the lease', () => {
  const looks: [renewed: string, now: number, silent: boolean][] = [
    ['r1', 0, false],
    ['r1', 14_999, false],
    ['r1', 15_000, true],
    ['r2', 16_000, false],
    ['r2', 30_000, false],
    ['r2', 31_000, true],
  ];
  let renewals = renewalsAfter([], [], 0);
  for (const [renewed, now, silent] of looks) {
    renewals = renewalsAfter(renewals, [held(renewed)], now);
    assert.equal(silentIn(renewals).has('shop deployment/web'), silent, `${renewed} at ${now}`);
  }
});
