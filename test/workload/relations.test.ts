import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { autoscalerFor, selects } from '../../src/workload/relations.ts';

describe('workload/relations', () => {
  const cases: [what: string, selector: Record<string, string> | undefined, expected: boolean][] = [
    ['all of its labels', { app: 'web', tier: 'front' }, true],
    ['one of them', { app: 'web' }, true],
    ['a label that the pods do not have', { app: 'web', track: 'stable' }, false],
    ['another value', { app: 'shop' }, false],
    ['nothing: no selector selects no pods', undefined, false],
    ['nothing: an empty selector selects no pods', {}, false],
  ];
  for (const [what, selector, expected] of cases) {
    it(`a Service by ${what}`, () =>
      assert.equal(selects({ spec: selector ? { selector } : {} }, { app: 'web', tier: 'front' }), expected));
  }

  it('the autoscaler of a Deployment is the one whose target has its kind and its name', () => {
    const of = (name: string, kind: string, target: string) => ({
      metadata: { name },
      spec: { scaleTargetRef: { kind, name: target } },
    });
    const all = [
      {},
      of('a', 'StatefulSet', 'web'),
      of('b', 'Deployment', 'shop'),
      of('c', 'Deployment', 'web'),
    ];
    assert.equal(autoscalerFor('web', all), all[3]);
    assert.equal(autoscalerFor('other', all), undefined);
  });
});
