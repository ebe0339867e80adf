import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Snapshot } from '../../../../src/engines/argo/rollout/snapshot.ts';
import { shareOf } from '../../../../src/engines/argo/watch/own-checks.ts';
import { BLUE_GREEN, NEW, OLD, rolloutOf, seenOf, setWith, UPDATING } from '../fixtures.ts';

const weights = (weight: number) => ({ canary: { weights: { canary: { weight } } } });
const sets = (old: number, next: number) => ({
  replicaSets: [setWith('old', OLD, old), setWith('new', NEW, next)],
});
const byPods = { strategy: { canary: { steps: [{ setWeight: 25 }] } } };

describe('which share of the users a new release has', () => {
  const cases: [what: string, seen: Snapshot, share: [step: number, weight: number, isAll: boolean]][] = [
    ['by its router', seenOf(rolloutOf({ status: { ...UPDATING, ...weights(20) } })), [0, 20, false]],
    [
      'all of them by its weight',
      seenOf(rolloutOf({ status: { ...UPDATING, currentStepIndex: 4, ...weights(100) } })),
      [3, 100, true],
    ],
    ['all of them for good', seenOf(rolloutOf()), [3, 0, true]],
    [
      'by its pods, without a router',
      seenOf(rolloutOf({ spec: byPods, status: UPDATING }), sets(3, 1)),
      [0, 25, false],
    ],
    [
      'none before the switch',
      seenOf(rolloutOf({ spec: BLUE_GREEN, status: { ...UPDATING, blueGreen: { activeSelector: 'old' } } })),
      [0, 0, false],
    ],
    [
      'all of them after the switch',
      seenOf(rolloutOf({ spec: BLUE_GREEN, status: { ...UPDATING, blueGreen: { activeSelector: 'new' } } })),
      [0, 100, true],
    ],
  ];
  for (const [what, seen, [step, weight, isAll]] of cases) {
    it(what, () => assert.deepEqual(shareOf(seen), { step, weight, isAll }));
  }
});
