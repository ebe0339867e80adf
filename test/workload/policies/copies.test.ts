import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { NetworkPolicy, NetworkPolicyPeer } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudgetSpec } from 'kubernetes-types/policy/v1';
import { ownLabels } from '../../../src/workload/canary-copy.ts';
import { budgetCopy } from '../../../src/workload/policies/disruption-budget.ts';
import { policyCopy } from '../../../src/workload/policies/network-policy.ts';
import { selectorMatches } from '../../../src/workload/selectors/label-selector.ts';

const LABEL = { key: 'app', stable: 'web', canary: 'web-canary' };
const WEB = { matchLabels: { app: 'web' } };
const BOTH = { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'web-canary'] }] };

const policy = (spec: NetworkPolicy['spec']): NetworkPolicy => ({
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u',
    resourceVersion: '7',
    labels: { 'argocd.argoproj.io/instance': 'x' },
  },
  ...(spec ? { spec } : {}),
});
const copy = (spec: NetworkPolicy['spec']) =>
  policyCopy(policy(spec), 'web-canary', 'web', LABEL, ['web-canary']);

describe('workload/policies/network-policy', () => {
  it('is an object of its own, without marks of tools', () =>
    assert.deepEqual(copy({ podSelector: WEB }).metadata, {
      name: 'web-canary',
      namespace: 'shop',
      labels: ownLabels('web'),
    }));

  it('has the others where stable is, as what is selected and as a peer of either direction', () => {
    const dns = { namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } };
    const block = { ipBlock: { cidr: '10.0.0.0/8' } };
    assert.deepEqual(
      copy({
        podSelector: WEB,
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: WEB }, block], ports: [{ port: 80 }] }, {}],
        egress: [{ to: [dns, { podSelector: WEB }] }],
      }).spec,
      {
        podSelector: BOTH,
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: BOTH }, block], ports: [{ port: 80 }] }, {}],
        egress: [{ to: [dns, { podSelector: BOTH }] }],
      },
    );
  });

  it('takes nothing from anybody, and lets the canary do what stable may, for all policies', () => {
    const value = fc.constantFrom('web', 'api', 'redis');
    const selector = fc.oneof(
      fc.constant({}),
      value.map((app) => ({ matchLabels: { app } })),
      fc.array(value, { minLength: 1, maxLength: 2 }).map((values) => ({
        matchExpressions: [{ key: 'app', operator: 'In', values }],
      })),
    );
    const rule = fc.array(
      selector.map((podSelector) => ({ podSelector })),
      { minLength: 1, maxLength: 3 },
    );
    const lets = (spec: NetworkPolicy['spec'], from: string, to: string) =>
      selectorMatches(spec?.podSelector ?? {}, { app: to }) &&
      (spec?.ingress ?? []).some(({ from: peers = [] }) =>
        peers.some((peer: NetworkPolicyPeer) => selectorMatches(peer.podSelector ?? {}, { app: from })),
      );
    fc.assert(
      fc.property(selector, rule, value, value, (podSelector, from, a, b) => {
        const spec = { podSelector, ingress: [{ from }] };
        const { spec: copied } = copy(spec);
        if (lets(spec, a, b)) assert.ok(lets(copied, a, b));
        const isolates = (of: NetworkPolicy['spec']) => selectorMatches(of?.podSelector ?? {}, { app: a });
        assert.equal(isolates(copied), isolates(spec), 'nobody is isolated who was not');
        const asCanary = (app: string) => (app === 'web' ? 'web-canary' : app);
        if (lets(spec, a, b)) assert.ok(lets(copied, asCanary(a), asCanary(b)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('workload/policies/disruption-budget', () => {
  const cases: [what: string, spec: PodDisruptionBudgetSpec, expected: number | string][] = [
    ['so many missing', { maxUnavailable: 2 }, 2],
    ['a percentage missing', { maxUnavailable: '25%' }, '25%'],
    ['none missing', { maxUnavailable: 0 }, 0],
    ['so many of four available', { minAvailable: 3 }, 1],
    ['more available than there are', { minAvailable: 9 }, 0],
    ['a percentage available', { minAvailable: '75%' }, '25%'],
    ['all available', { minAvailable: '100%' }, '0%'],
    ['nothing said, which is one available', {}, 3],
  ];
  for (const [what, spec, expected] of cases) {
    it(`says what may be missing: ${what}`, () => {
      const budget = { metadata: { name: 'web', namespace: 'shop' }, spec: { ...spec, selector: WEB } };
      assert.deepEqual(budgetCopy(budget, 'web-canary', 'web', LABEL, 4), {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'web-canary', namespace: 'shop', labels: ownLabels('web') },
        spec: { maxUnavailable: expected, selector: { matchLabels: { app: 'web-canary' } } },
      });
    });
  }
});
