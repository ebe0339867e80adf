import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LabelSelector } from 'kubernetes-types/meta/v1';
import { budgetLines } from '../../../../src/engines/argo/bootstrap/budgets.ts';

const LABELS = { app: 'web', tier: 'front' };
const expression = (key: string, operator: string, values?: string[]): LabelSelector => ({
  matchExpressions: [{ key, operator, ...(values ? { values } : {}) }],
});

describe('a PodDisruptionBudget', () => {
  const cases: [selector: LabelSelector | undefined, isReported: boolean][] = [
    [{ matchLabels: { app: 'web' } }, true],
    [{}, true],
    [undefined, false],
    [{ matchLabels: { app: 'other' } }, false],
    [{ matchLabels: { app: 'web', tier: 'back' } }, false],
    [expression('app', 'In', ['web']), true],
    [expression('app', 'In', ['other']), false],
    [expression('app', 'NotIn', ['web']), false],
    [expression('none', 'NotIn', ['web']), true],
    [expression('tier', 'Exists'), true],
    [expression('none', 'Exists'), false],
    [expression('none', 'DoesNotExist'), true],
    [expression('app', 'DoesNotExist'), false],
    [expression('app', 'Sometimes'), false],
  ];
  for (const [selector, isReported] of cases) {
    it(`${isReported ? 'is reported' : 'is none of theirs'}: ${JSON.stringify(selector)}`, () => {
      const spec = selector ? { selector } : {};
      const lines = budgetLines([{ metadata: { name: 'keep' }, spec }], LABELS);
      assert.equal(lines.length, isReported ? 1 : 0);
      if (isReported)
        assert.match(
          lines[0] ?? '',
          /^PodDisruptionBudget\/keep also selects .* old and new release together/,
        );
    });
  }
});
