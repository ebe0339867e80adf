import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pageOf } from '../../../../src/engines/argo/rollout/dashboard.ts';

describe('the page of a Rollout', () => {
  const cases: [dashboard: string | undefined, page: string | undefined][] = [
    [undefined, undefined],
    ['http://localhost:3100', 'http://localhost:3100/rollouts/rollout/shop/web'],
    ['http://localhost:3100/', 'http://localhost:3100/rollouts/rollout/shop/web'],
    ['https://argo.example.com/rollouts/', 'https://argo.example.com/rollouts/rollout/shop/web'],
    ['https://argo.example.com/ui/argo', 'https://argo.example.com/ui/argo/rollout/shop/web'],
  ];
  for (const [dashboard, page] of cases) {
    it(`of ${dashboard} is ${page}`, () =>
      assert.equal(pageOf(dashboard, { rollout: 'web', namespace: 'shop' }), page));
  }
});
