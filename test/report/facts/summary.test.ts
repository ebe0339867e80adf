import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outcome } from '../../../src/outcome.ts';
import type { Facts } from '../../../src/report/facts/facts.ts';
import { productionText } from '../../../src/report/facts/summary.ts';

describe('report/facts/summary: what production runs', () => {
  const held: Outcome = { kind: 'held', reason: '', hints: [], weight: 50, from: 'web:1', to: 'web:2' };
  const cases: [string, Outcome, string][] = [
    ['a hold of a canary', held, 'Now 50 % of the users get web:2; the others get web:1.'],
    [
      'a hold of a rolling update',
      { ...held, weightOf: 'pods' },
      'Now 50 % of the pods get web:2; the others get web:1.',
    ],
    [
      'a release that is promoted',
      { ...held, kind: 'promoted', weight: 0, image: 'web:2' },
      'Production runs web:2 for all users.',
    ],
    ['a refusal', { ...held, kind: 'refused' }, 'Nothing was changed.'],
  ];
  for (const [name, outcome, expected] of cases) {
    it(name, () => assert.equal(productionText({ outcome, watchers: [] } as unknown as Facts)[0], expected));
  }
});
