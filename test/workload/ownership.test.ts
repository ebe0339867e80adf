import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ownersOf } from '../../src/workload/ownership.ts';

describe('workload/ownership ownersOf', () => {
  const cases: [what: string, labels: object, annotations: object, owners: string[]][] = [
    ['nobody', { app: 'web' }, { 'keel.sh/policy': 'all' }, []],
    ['Argo CD by a label', { 'argocd.argoproj.io/instance': 'shop' }, {}, ['Argo CD']],
    ['Argo CD by an annotation', {}, { 'argocd.argoproj.io/tracking-id': 'x' }, ['Argo CD']],
    ['Flux by a Kustomization', { 'kustomize.toolkit.fluxcd.io/name': 'shop' }, {}, ['Flux']],
    [
      'Flux by a HelmRelease, and Helm itself',
      { 'helm.toolkit.fluxcd.io/name': 'shop' },
      { 'meta.helm.sh/release-name': 'shop' },
      ['Flux', 'Helm'],
    ],
    ['nobody, if a key only contains the prefix', { 'my-argocd.argoproj.io/instance': 'shop' }, {}, []],
  ];
  for (const [what, labels, annotations, owners] of cases) {
    it(`finds ${what}`, () => {
      const found = ownersOf({ metadata: { labels, annotations } as object });
      assert.deepEqual(
        found.map(({ tool }) => tool),
        owners,
      );
    });
  }

  it('says which release of Helm it is, whatever comes first', () => {
    const annotations = { 'meta.helm.sh/release-namespace': 'infra', 'meta.helm.sh/release-name': 'shop' };
    assert.deepEqual(ownersOf({ metadata: { annotations } }), [
      { tool: 'Helm', key: 'meta.helm.sh/release-name', value: 'shop' },
    ]);
  });
});
