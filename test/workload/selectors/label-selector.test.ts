import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LabelSelector } from 'kubernetes-types/meta/v1';
import { selectorMatches, withValues } from '../../../src/workload/selectors/label-selector.ts';

const LABEL = { key: 'app', stable: 'web', canary: 'web-canary' };
const among = (operator: string, ...values: string[]): LabelSelector => ({
  matchExpressions: [{ key: 'app', operator, ...(values.length > 0 ? { values } : {}) }],
});

describe('workload/selectors/label-selector', () => {
  const cases: [what: string, selector: LabelSelector, app: string | undefined, expected: boolean][] = [
    ['an empty selector', {}, undefined, true],
    ['a label', { matchLabels: { app: 'web' } }, 'web', true],
    ['another value', { matchLabels: { app: 'web' } }, 'api', false],
    ['In', among('In', 'web', 'api'), 'api', true],
    ['In, without the label', among('In', 'web'), undefined, false],
    ['NotIn', among('NotIn', 'web'), 'web', false],
    ['NotIn, without the label', among('NotIn', 'web'), undefined, true],
    ['Exists', among('Exists'), 'web', true],
    ['Exists, without the label', among('Exists'), undefined, false],
    ['DoesNotExist', among('DoesNotExist'), undefined, true],
    ['an operator that is not known', among('Near', 'web'), 'web', false],
  ];
  for (const [what, selector, app, expected] of cases) {
    it(`${what}: ${expected}`, () =>
      assert.equal(selectorMatches(selector, app === undefined ? {} : { app }), expected));
  }

  it('with more values selects what it selected before, and these', () => {
    const value = fc.constantFrom('web', 'web-canary', 'api');
    const expression = fc.record({
      key: fc.constantFrom('app', 'tier'),
      operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
      values: fc.array(value, { minLength: 1, maxLength: 3 }),
    });
    const selector = fc.record(
      {
        matchLabels: fc.dictionary(fc.constantFrom('app', 'tier'), value),
        matchExpressions: fc.array(expression, { maxLength: 3 }),
      },
      { requiredKeys: [] },
    );
    const labels = fc.dictionary(fc.constantFrom('app', 'tier'), value);
    fc.assert(
      fc.property(selector, labels, (before, of) => {
        const after = withValues(before, LABEL, ['web-canary']);
        if (selectorMatches(before, of)) assert.ok(selectorMatches(after, of), 'what it selected before');
        const asStable = { ...of, app: 'web' };
        const isDenied = (before.matchExpressions ?? []).some(
          ({ key, operator, values }) =>
            key === 'app' && operator === 'NotIn' && values.includes('web-canary'),
        );
        if (!isDenied && selectorMatches(before, asStable)) {
          assert.ok(selectorMatches(after, { ...of, app: 'web-canary' }), 'the canary as stable');
        }
      }),
      { numRuns: 2000 },
    );
  });
});
